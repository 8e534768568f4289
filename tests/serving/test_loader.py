"""Models that are loaded when they are asked for and dropped for others: by counts, over models that hold nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from serving.conftest import Running, opened, running, wait_for

from slm.errors import ConfigError
from slm.serving import loader as loading
from slm.serving.event_log import EventLog
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.loader import Loader
from slm.serving.models import keep_within
from slm.serving.refusals import ApiError

COMPLETIONS = "/v1/completions"
FOREVER = 1e9


class Model:
    """Takes one byte while it is loaded. `gate` keeps a load waiting."""

    def __init__(self, name: str, loaded: bool = False):
        self.name, self.needed_bytes = name, 1
        self.scheduler = f"scheduler of {name}" if loaded else None
        self.gate, self.loads, self.drops, self.fails = threading.Event(), 0, 0, False
        self.gate.set()

    @property
    def loaded(self) -> bool:
        return self.scheduler is not None

    def load(self) -> None:
        self.gate.wait(30)
        self.loads += 1
        if self.fails:
            raise RuntimeError("a file that nobody shall read of in a log")
        self.scheduler = f"scheduler of {self.name}"

    def drop(self) -> None:
        assert self.scheduler is not None
        self.drops, self.scheduler = self.drops + 1, None


class Scene:
    """A loader over models a, b and c, of which `loaded` are there and `most` may be."""

    def __init__(self, loaded: str, most: int, queue: int = 256):
        self.models = {name: Model(name, name in loaded) for name in "abc"}
        limits, self.started = Limits(memory_bytes=most, queue=queue), []
        self.loader = Loader(list(self.models.values()), limits, Figures(), EventLog(), self.started.append)
        self.loader.begin()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.held: list[str] = []

    async def use(self, name: str, end: Awaitable[object] | None = None, seconds: float = FOREVER) -> str | None:
        """Hold a model until something has come; its scheduler."""
        async with self.loader.hold(self.models[name], time.monotonic() + seconds, self.gone) as scheduler:
            self.held.append(name)
            if end is not None:
                await end
            assert scheduler is None or self.models[name].scheduler == scheduler, "dropped while it was in use"
            return scheduler

    @property
    def loaded(self) -> str:
        return "".join(name for name, model in self.models.items() if model.loaded)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def test_the_one_used_longest_ago_is_dropped(run_async):
    async def scene() -> None:
        it = Scene("ab", most=2)
        await it.use("a")
        assert await it.use("c") == "scheduler of c" and it.loaded == "ac"
        assert await it.use("b") == "scheduler of b" and it.loaded == "bc"
        assert [model.name for model in it.started] == ["a", "b", "c", "b"]
        assert [(model.loads, model.drops) for model in it.models.values()] == [(0, 1), (1, 1), (1, 0)]

    run_async(scene())


def test_all_who_wait_share_one_load_and_those_of_other_models_go_on(run_async):
    async def scene() -> None:
        it = Scene("a", most=2)
        it.models["b"].gate.clear()
        waiting = [asyncio.create_task(it.use("b")) for _ in range(20)]
        await until(lambda: it.loader.waiting == 20)
        assert await it.use("a") == "scheduler of a" and it.held == ["a"]
        it.models["b"].gate.set()
        assert await asyncio.gather(*waiting) == ["scheduler of b"] * 20
        assert it.models["b"].loads == 1 and it.loader.waiting == 0

    run_async(scene())


def test_one_in_use_is_never_dropped(run_async):
    async def scene() -> None:
        it, end = Scene("a", most=1), asyncio.Event()
        using = asyncio.create_task(it.use("a", end.wait()))
        await until(lambda: it.held == ["a"])
        waiting = asyncio.create_task(it.use("b"))
        await asyncio.sleep(0.05)
        assert it.loaded == "a" and it.loader.waiting == 1
        assert await it.use("a") == "scheduler of a", "its turn is not over: others may use it too"
        end.set()
        assert (await using, await waiting) == ("scheduler of a", "scheduler of b") and it.loaded == "b"

    run_async(scene())


def test_nobody_keeps_others_from_their_model_for_ever(run_async, monkeypatch):
    monkeypatch.setattr(loading, "TURN_SECONDS", 0.0)

    async def scene() -> None:
        it, end = Scene("a", most=1), asyncio.Event()
        using = asyncio.create_task(it.use("a", end.wait()))
        await until(lambda: it.held == ["a"])
        other = asyncio.create_task(it.use("b"))
        await until(lambda: it.loader.waiting == 1)
        again = asyncio.create_task(it.use("a"))  # behind the other one, though it is loaded
        await until(lambda: it.loader.waiting == 2)
        end.set()
        assert await asyncio.gather(using, other, again) == ["scheduler of a", "scheduler of b", "scheduler of a"]
        assert it.held == ["a", "b", "a"] and it.models["a"].loads == it.models["a"].drops == 1

    run_async(scene())


def test_who_waits_too_long_or_leaves_or_is_one_too_many(run_async):
    async def scene() -> None:
        it, end = Scene("a", most=1, queue=3), asyncio.Event()
        using = asyncio.create_task(it.use("a", end.wait()))
        await until(lambda: it.held == ["a"])
        with pytest.raises(ApiError) as late:
            await it.use("b", seconds=0.01)
        waiting = [asyncio.create_task(it.use("b")) for _ in range(3)]
        await until(lambda: it.loader.waiting == 3)
        with pytest.raises(ApiError) as full:
            await it.use("b")
        waiting[0].cancel()
        await until(lambda: it.loader.waiting == 2)
        it.gone.set_result(None)
        assert await asyncio.gather(*waiting[1:]) == [None, None] and it.loader.waiting == 0
        end.set()
        await using
        await asyncio.sleep(0.05)
        assert (late.value.status, late.value.code) == (429, "waited_too_long")
        assert (full.value.status, full.value.code) == (429, "queue_full") and full.value.headers["Retry-After"]
        assert it.loaded == "a" and not it.models["b"].loads, "nobody waited for it any more"

    run_async(scene())


def test_a_load_that_fails_is_told_to_those_who_wait_and_tried_again_by_the_next(run_async, capfd):
    async def scene() -> None:
        it = Scene("a", most=1)
        it.models["b"].fails = True
        failures = await asyncio.gather(it.use("b"), it.use("b"), return_exceptions=True)
        assert [failure.code for failure in failures] == ["engine_failed"] * 2 and it.models["b"].loads == 1
        it.models["b"].fails = False
        assert await it.use("b") == "scheduler of b"

    run_async(scene())
    log = capfd.readouterr().err
    assert "loading b" in log and "nobody" not in log


def test_closing_refuses_those_who_wait(run_async):
    async def scene() -> None:
        it, end = Scene("a", most=1), asyncio.Event()
        using = asyncio.create_task(it.use("a", end.wait()))
        await until(lambda: it.held == ["a"])
        waiting = asyncio.create_task(it.use("b"))
        await until(lambda: it.loader.waiting == 1)
        it.loader.close()
        with pytest.raises(ApiError) as refusal:
            await waiting
        end.set()
        await using
        assert refusal.value.status == 503 and it.loaded == "a"

    run_async(scene())


@pytest.mark.parametrize("seed", range(5))
def test_many_users_of_three_models_of_which_one_fits(run_async, monkeypatch, seed):
    import random

    monkeypatch.setattr(loading, "TURN_SECONDS", 0.01)
    draw = random.Random(seed)

    async def scene() -> None:
        it = Scene("a", most=1)
        asked = [draw.choice("abc") for _ in range(150)]

        async def one(name: str) -> str | None:
            await asyncio.sleep(draw.random() / 10)
            return await it.use(name, asyncio.sleep(draw.random() / 100))

        assert await asyncio.gather(*map(one, asked)) == [f"scheduler of {name}" for name in asked]
        assert sorted(it.held) == sorted(asked) and len(it.loaded) == 1
        loads, drops = (sum(getattr(model, count) for model in it.models.values()) for count in ("loads", "drops"))
        assert loads == drops and 2 <= loads < 75, "each load served several"

    run_async(scene())


# Over HTTP


@pytest.fixture(scope="module")
def small(folders) -> Iterator[Running]:
    """A server whose memory holds one of its three models."""
    figures = Figures()
    models = opened(folders, figures)
    limits = Limits(memory_bytes=max(model.needed_bytes for model in models))
    kept = []
    for model in models:
        keep_within(limits.memory_bytes, kept, model)
        kept.append(model)
    with running(models, figures, limits) as made:
        yield made


def test_answers_are_the_same_whether_the_model_was_loaded(small: Running, server: Running):
    names = ["stories", "answers", "reasons", "stories", "stories", "answers"]
    before = [small.figure(f'slm_model_load_seconds_count{{model="{name}"}}') for name in ("stories", "answers")]
    for name in names:
        asked = {"model": name, "prompt": "The cat", "max_tokens": 9, "seed": 1}
        told = [each.ask(COMPLETIONS, asked).json["choices"] for each in (small, server)]
        assert told[0] == told[1]
        loaded = {each["id"]: each["loaded"] for each in small.ask("/v1/models").json["data"]}
        assert loaded == {each: each == name for each in ("stories", "answers", "reasons")}
        assert small.figure(f'slm_model_loaded{{model="{name}"}}') == 1
    after = [small.figure(f'slm_model_load_seconds_count{{model="{name}"}}') for name in ("stories", "answers")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 2]
    facts = {each["name"]: each for each in small.ask("/api/models").json["models"]}
    assert facts["stories"]["loaded"] is False and "onnxruntime" in facts["stories"]["engine"]
    assert small.ask("/ready").status == 200 and small.figure("slm_models_bytes") > 0
    assert {line["event"] for line in small.log} >= {"loaded", "dropped"}


def test_a_stream_keeps_its_model_and_others_wait_for_it(small: Running):
    long = {"prompt": "The", "max_tokens": 600, "continue_past_context": True, "logit_bias": {"5": 100}}
    ended: list[tuple[str, int]] = []

    def ask(name: str) -> None:
        ended.append((name, small.ask(COMPLETIONS, long | {"model": name}).json["usage"]["completion_tokens"]))

    drops = small.figure('slm_model_drops_total{model="stories"}')
    first = threading.Thread(target=ask, args=("stories",))
    first.start()
    wait_for(lambda: small.figure('slm_batch_size{model="stories"}') == 1)
    others = [threading.Thread(target=ask, args=(name,)) for name in ("answers", "reasons", "answers")]
    for other in others:
        other.start()
    wait_for(lambda: sum(small.figure(f'slm_model_waiting{{model="{name}"}}') for name in ("answers", "reasons")) == 3)
    for thread in (first, *others):
        thread.join()
    assert ended[0][0] == "stories" and sorted(name for name, _ in ended[1:]) == ["answers", "answers", "reasons"]
    assert all(tokens == 600 for _, tokens in ended)
    assert small.figure('slm_model_drops_total{model="stories"}') == drops + 1


def test_a_model_that_can_never_fit_is_refused_at_the_start(folders):
    (model,) = opened({"stories": folders["stories"]}, Figures())
    with pytest.raises(ConfigError, match="stories takes about"):
        keep_within(model.needed_bytes - 1, [], model)
    keep_within(model.needed_bytes, [], model)
    assert model.loaded
