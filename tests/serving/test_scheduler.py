"""The scheduler over an engine that checks every use: joining, leaving, bounds, fairness, deadlines, the end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from fake_engine import FakeEngine, by_all_ids
from serving.conftest import wait_for

from slm.generation.batch import Batch, GenerationConfig, Piece
from slm.generation.generator import Generator
from slm.model.sampling import log_probabilities
from slm.serving.fair_queue import FairQueue, Full
from slm.serving.figures import Figures
from slm.serving.limits import Limits, TokenBudget
from slm.serving.pace import Pace
from slm.serving.refusals import ApiError
from slm.serving.scheduler import PACE_SECONDS, Scheduler
from slm.serving.ticket import Ticket


class Paused(FakeEngine):
    """Waits before each step until it may go on; by default it may."""

    def __init__(self, **values):
        super().__init__(**values)
        self.steps_allowed = 10**9
        self.fails = False

    def extend(self, parts):
        while self.steps_allowed <= 0:
            time.sleep(0.001)
        self.steps_allowed -= 1
        if self.fails:
            self.fails = False
            raise RuntimeError("a prompt that nobody shall read in a log")
        return super().extend(parts)


@pytest.fixture
def engine() -> Paused:
    return Paused()


@pytest.fixture
def made() -> list[Scheduler]:
    return []


@pytest.fixture
def scheduler(engine: Paused, tokenizer, made) -> Iterator[Scheduler]:
    scheduler = started(engine, tokenizer)
    yield scheduler
    engine.steps_allowed = 10**9
    scheduler.stop()
    assert not engine.held, "sequences that nobody gave back"


def started(engine: FakeEngine, tokenizer, **limits) -> Scheduler:
    limits = {"pause_seconds": 60.0} | limits  # nobody reads here, and that is no reason to wait
    scheduler = Scheduler(engine, tokenizer, Limits(**limits), Figures().of_model("m"))
    scheduler.start(lambda tickets: None)
    return scheduler


def paced(count: int) -> Pace:
    """A pace of so many as of now."""
    pace = Pace(PACE_SECONDS)
    for _ in range(count):
        pace.add()
    return pace


def ticket(
    client: str = "a", prompt: tuple[int, ...] = (5, 6, 7), samples: int = 1, seconds: float = 60, writes: bool = True,
    **values,
):  # fmt: skip
    config = GenerationConfig(**{"max_new_tokens": 8, "seed": 1} | values)
    return Ticket(client, [list(prompt)], config, samples, time.monotonic() + seconds, writes=writes)


def text_of(ticket: Ticket, number: int = 0) -> str:
    return "".join(piece.text for n, piece in ticket._pieces if n == number)


def test_what_is_written_is_what_the_generator_writes(scheduler, engine, tokenizer):
    prompts = ["the cat", "a dog ran", "the", "Then the king"]
    configs = [GenerationConfig(max_new_tokens=9 + n, seed=n) for n in range(4)]
    asked = [
        Ticket("a", [tokenizer.encode_ordinary(prompt)], config, 2, time.monotonic() + 60)
        for prompt, config in zip(prompts, configs, strict=True)
    ]
    for one in asked:
        scheduler.submit(one)
    wait_for(lambda: all(one.ended for one in asked))
    generator = Generator(FakeEngine(), tokenizer)
    for one, prompt, config in zip(asked, prompts, configs, strict=True):
        completions = generator.complete(prompt, config, 2)
        assert [text_of(one, n) for n in range(2)] == [completion.text for completion in completions]
        assert one.completion_tokens == sum(len(completion.ids) for completion in completions)


def test_requests_join_texts_that_are_being_written(scheduler, engine):
    first, second = ticket(max_new_tokens=40), ticket(prompt=(9, 9, 9), max_new_tokens=2)
    engine.steps_allowed = 3
    scheduler.submit(first)
    wait_for(lambda: engine.steps_allowed == 0)
    scheduler.submit(second)
    engine.steps_allowed = 4
    wait_for(lambda: second.ended)
    assert not first.ended


def test_more_texts_than_slots_all_come_to_an_end(scheduler):
    asked = [ticket(prompt=(n, n + 1), seed=n) for n in range(1, 20)]
    for one in asked:
        scheduler.submit(one)
    wait_for(lambda: all(one.ended for one in asked))
    assert scheduler.writing == 0 and not scheduler.busy


def test_one_that_leaves_frees_its_places_before_the_next_step(scheduler, engine):
    engine.steps_allowed = 2
    leaving = ticket(samples=4, max_new_tokens=60)
    scheduler.submit(leaving)
    wait_for(lambda: engine.steps_allowed == 0)
    next_one = ticket(prompt=(8, 8), max_new_tokens=1)
    scheduler.submit(next_one)
    scheduler.cancel(leaving)
    engine.steps_allowed = 2  # the step that was under way, and one more
    wait_for(lambda: next_one.ended)
    assert leaving.ended and scheduler.writing == 0


def test_one_that_leaves_while_it_waits_is_never_written(scheduler, engine):
    engine.steps_allowed = 0
    running, waiting = ticket(samples=4, max_new_tokens=2), ticket(prompt=(3, 3))
    scheduler.submit(running)
    wait_for(lambda: scheduler.writing == 4)
    scheduler.submit(waiting)
    scheduler.cancel(waiting)
    engine.steps_allowed = 10**9
    wait_for(lambda: running.ended and waiting.ended)
    assert not waiting._pieces


def test_cancelling_what_has_ended_changes_nothing(scheduler):
    one = ticket()
    scheduler.submit(one)
    wait_for(lambda: one.ended)
    scheduler.cancel(one)
    other = ticket()
    scheduler.submit(other)
    wait_for(lambda: other.ended)
    assert text_of(one) == text_of(other) and one.error is None


def test_a_full_queue_refuses_and_says_when_to_come_again(engine, tokenizer):
    engine.steps_allowed = 0
    scheduler = started(engine, tokenizer, queue=4)
    scheduler.submit(ticket(samples=4))
    wait_for(lambda: scheduler.writing == 4)
    for client in "aabb":
        scheduler.submit(ticket(client))
    with pytest.raises(ApiError) as refusal:
        scheduler.submit(ticket("c"))
    assert (refusal.value.status, refusal.value.code) == (429, "queue_full") and refusal.value.headers["Retry-After"]
    engine.steps_allowed = 10**9
    scheduler.stop()


def test_a_full_queue_is_known_beforehand_and_says_how_long_it_will_take(engine, tokenizer, monkeypatch):
    clock = [1000.0]
    engine.steps_allowed = 0
    scheduler = started(engine, tokenizer, queue=4)
    scheduler.submit(ticket(samples=4, seconds=1e6))
    wait_for(lambda: scheduler.writing == 4)
    assert scheduler.refusal_for("a") is None
    for client in "aabb":
        scheduler.submit(ticket(client, seconds=1e6))
    assert scheduler.refusal_for("c").code == "queue_full"
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    for ends, refused, seconds in ((1, 0, 30), (10, 0, 4), (100, 0, 1), (10, 12, 16), (20, 4, 4)):
        scheduler._ends, scheduler._refused = paced(ends), paced(refused)  # four wait; as of the last ten seconds
        assert scheduler.refusal_for("c").headers["Retry-After"] == str(seconds)
    clock[0] += 100
    assert scheduler.refusal_for("c").headers["Retry-After"] == "30"  # that was long ago
    engine.steps_allowed = 10**9
    monkeypatch.undo()
    scheduler.stop()


@pytest.mark.parametrize("beside, wait", [(1, 0.04), (16, 0.096), (1000, 0.16)])
def test_the_first_token_is_told_at_once_and_more_the_less_often_the_more_texts_there_are(beside, wait):
    asked, piece = ticket(), Piece(0, "a", "")
    assert asked.put(0, piece, 5.0, beside)
    assert not asked.put(0, piece, 5.0 + 0.99 * wait, beside)
    assert asked.put(0, piece, 5.0 + 1.01 * wait, beside)


def test_one_that_waits_until_its_deadline_is_refused(scheduler, engine):
    engine.steps_allowed = 0
    scheduler.submit(ticket(samples=4, max_new_tokens=2))
    wait_for(lambda: scheduler.writing == 4)
    late = ticket(seconds=-1)
    scheduler.submit(late)
    engine.steps_allowed = 1
    wait_for(lambda: late.ended)
    assert (late.error.status, late.error.code) == (429, "waited_too_long")


def test_a_text_is_cut_at_its_deadline(scheduler, engine):
    one = ticket(max_new_tokens=60, samples=2)
    engine.steps_allowed = 3
    scheduler.submit(one)
    wait_for(lambda: engine.steps_allowed == 0)
    one.deadline = 0
    engine.steps_allowed = 1
    wait_for(lambda: one.ended)
    assert one.cut and one.error is None and one.completion_tokens
    assert [piece.stop for _, piece in one._pieces][-2:] == ["length", "length"]


def test_an_engine_that_fails_takes_only_those_with_it_that_it_was_writing(scheduler, engine):
    told = []
    scheduler.on_failure = lambda: told.append(1)
    engine.steps_allowed, engine.fails = 0, True
    failing = ticket()
    scheduler.submit(failing)
    wait_for(lambda: scheduler.writing == 1)
    engine.steps_allowed = 10**9
    wait_for(lambda: failing.ended)
    assert failing.error.status == 500 and "nobody" not in failing.error.message
    good = ticket()
    scheduler.submit(good)
    wait_for(lambda: good.ended)
    assert good.error is None and text_of(good) and told == [1] and scheduler.alive


def test_a_request_that_cannot_join_is_ended_and_the_next_one_written(scheduler, engine, monkeypatch):
    add = scheduler._batch.add

    def refuses_the_second(ids, config, samples):
        if len(scheduler._owners) == 1:
            raise ValueError("no second prompt")
        return add(ids, config, samples)

    monkeypatch.setattr(scheduler._batch, "add", refuses_the_second)
    refused = ticket()
    refused.prompts = [*refused.prompts, *refused.prompts]
    scheduler.submit(refused)
    wait_for(lambda: refused.ended)
    assert refused.error.status == 500 and not scheduler.writing and not scheduler._running
    good = ticket()
    scheduler.submit(good)
    wait_for(lambda: good.ended)
    assert good.error is None and text_of(good)


def test_stopping_ends_what_is_not_finished(engine, tokenizer):
    scheduler = started(engine, tokenizer)
    engine.steps_allowed = 2
    running = ticket(samples=4, max_new_tokens=60)
    scheduler.submit(running)
    wait_for(lambda: engine.steps_allowed == 0)
    waiting = ticket()
    scheduler.submit(waiting)
    scheduler._stopping = True
    engine.steps_allowed = 10**9
    scheduler.stop()
    assert running.error.status == waiting.error.status == 503 and not scheduler.alive and not engine.held


def test_the_same_prompt_is_computed_once(scheduler, engine):
    prompt = tuple(range(1, 41))
    asked = [ticket(prompt=prompt, max_new_tokens=3, seed=n) for n in range(3)]
    engine.steps_allowed = 0
    for one in asked:
        scheduler.submit(one)
    engine.steps_allowed = 10**9
    wait_for(lambda: all(one.ended for one in asked))
    assert sum(engine.computed) < 2 * len(prompt)


def test_reading_gives_all_pieces_once_and_in_order(tokenizer, run_async):
    async def read() -> tuple[str, int]:
        loop = asyncio.get_running_loop()
        scheduler = Scheduler(FakeEngine(), tokenizer, Limits(), Figures().of_model("m"))
        scheduler.start(lambda tickets: [loop.call_soon_threadsafe(each.event.set) for each in tickets])
        one = ticket(max_new_tokens=50)
        scheduler.submit(one)
        found = [piece async for pieces in one.told() for piece in pieces]
        await loop.run_in_executor(None, scheduler.stop)
        return "".join(piece.text for _, piece in found), len(found)

    text, count = run_async(read())
    expected = Generator(FakeEngine(), tokenizer)
    config = GenerationConfig(max_new_tokens=50, seed=1)
    batch = expected.complete(tokenizer.decode([5, 6, 7]), config)[0]
    assert tokenizer.encode_ordinary(tokenizer.decode([5, 6, 7])) == [5, 6, 7]
    assert text == batch.text and count == len(batch.ids) + (batch.stop == "end")


def test_scores_of_a_prompt_come_between_steps_and_need_no_place(scheduler, engine):
    engine.steps_allowed = 2
    writing = ticket(samples=3, max_new_tokens=20)
    scheduler.submit(writing)
    wait_for(lambda: engine.steps_allowed == 0)
    asked = [ticket(prompt=(4, n, 6), writes=False, log_probabilities=2) for n in range(5)]
    for one in asked:
        scheduler.submit(one)
    engine.steps_allowed = 10**9
    wait_for(lambda: all(one.ended for one in asked))
    assert [[drawn.token for drawn in one.scored] for one in asked] == [[4, n, 6] for n in range(5)]
    expected = log_probabilities(by_all_ids([4, 2], engine.vocabulary))
    assert asked[2].scored[2].log_probability == pytest.approx(float(expected[6]))
    assert asked[2].scored[0].log_probability is None and len(asked[2].scored[1].likeliest) == 2
    wait_for(lambda: writing.ended)
    assert writing.error is None and not scheduler.busy


class Reader:
    """A client of a stream that reads when it is told to. It takes from a request what the server would send."""

    def __init__(self, scheduler: Scheduler, ticket: Ticket):
        self.scheduler, self.ticket, self.texts = scheduler, ticket, {}

    def read(self) -> None:
        while self.ticket._pieces:
            number, piece = self.ticket._pieces.popleft()
            self.texts[number] = self.texts.get(number, "") + piece.text
        self.ticket._told = None
        if self.ticket.paused:
            self.scheduler.resume(self.ticket)


@pytest.fixture
def impatient(engine, tokenizer) -> Iterator[Scheduler]:
    """One that pauses a stream as soon as a piece of it has been told of and is not read before the next step."""
    scheduler = started(engine, tokenizer)
    scheduler._pause_seconds = 0.0
    yield scheduler
    engine.steps_allowed = 10**9
    scheduler.stop()
    assert not engine.held


def test_streams_that_nobody_reads_give_their_places_to_others(impatient, engine):
    unread = [ticket("slow", (n, n + 1), samples=2, max_new_tokens=60) for n in (1, 3)]
    for one in unread:
        impatient.submit(one)
    wait_for(lambda: all(one.paused for one in unread))
    steps = len(engine.computed)
    assert impatient.writing == 0 and impatient.busy and steps <= 4
    other = ticket("good", (9, 9), max_new_tokens=5)
    other.streams = False
    impatient.submit(other)
    wait_for(lambda: other.ended)
    assert other.completion_tokens == 5 and len(engine.computed) <= steps + 5 and not any(one.ended for one in unread)


@pytest.mark.parametrize("context, max_new_tokens", [(64, 40), (16, 40), (64, 61)])
def test_a_paused_text_goes_on_as_if_it_had_been_read(
    engine, tokenizer, impatient, monkeypatch, context, max_new_tokens
):
    engine.context = context
    paused, pause = [], impatient._pause
    monkeypatch.setattr(impatient, "_pause", lambda one: (paused.append(one), pause(one)))
    values = {"max_new_tokens": max_new_tokens, "continue_past_context": context == 16}
    asked = [ticket("a", (5, 6, n), samples=2, **values) for n in range(5)]  # more texts than places
    readers = [Reader(impatient, one) for one in asked]
    for one in asked:
        impatient.submit(one)

    def read_all() -> bool:
        for reader in readers:
            reader.read()
        return all(one.ended for one in asked)

    while not read_all():
        time.sleep(0.005)
    read_all()
    assert paused, "none was ever paused"
    for one, reader in zip(asked, readers, strict=True):
        batch, texts = Batch(FakeEngine(context=context), tokenizer), ["", ""]
        batch.add(one.prompts[0], one.config, 2)
        while batch.busy:
            for writer, piece in batch.step():
                texts[writer.sample] += piece.text
        assert [reader.texts[n] for n in range(2)] == texts


def test_who_leaves_texts_unread_gets_no_more_of_them(impatient, engine, monkeypatch):
    asked = [ticket("slow", (n, n + 1), max_new_tokens=60) for n in range(1, 12)]
    for one in asked:
        impatient.submit(one)
    wait_for(lambda: sum(one.paused for one in asked) == engine.slots)
    last = ticket("good", (20, 21), max_new_tokens=1)
    impatient.submit(last)
    wait_for(lambda: last.ended)
    assert sum(one.paused for one in asked) == engine.slots and impatient.queued == len(asked) - engine.slots
    monkeypatch.setattr("slm.serving.scheduler.UNREAD_SECONDS", 0.0)
    wait_for(lambda: sum(one.ended for one in asked) == len(asked) - engine.slots)
    refusals = [one.error for one in asked if one.ended]
    assert {(each.status, each.code) for each in refusals} == {(429, "unread")}
    assert all(each.headers["Connection"] == "close" for each in refusals)
    with pytest.raises(ApiError, match="not being read"):
        impatient.submit(ticket("slow", (20, 21)))
    for one in asked:
        impatient.cancel(one)
    wait_for(lambda: not impatient.busy)
    assert not impatient._running and impatient.writing == 0


def test_one_client_leaves_some_places_to_others(tokenizer):
    engine = Paused(slots=18)
    scheduler = started(engine, tokenizer)
    engine.steps_allowed = 0
    asked = [ticket("greedy", (n, n + 1), max_new_tokens=50) for n in range(1, 30)]
    for one in asked:
        scheduler.submit(one)
    engine.steps_allowed = 3
    wait_for(lambda: engine.steps_allowed == 0 and scheduler.writing == 16)
    other = ticket("modest", (9, 9), max_new_tokens=3)
    scheduler.submit(other)
    engine.steps_allowed = 4
    wait_for(lambda: other.ended and engine.steps_allowed == 0)
    assert scheduler.writing == 16 and not any(one.ended for one in asked) and sum(engine.computed[-2:]) <= 2 * 5
    engine.steps_allowed = 10**9
    wait_for(lambda: all(one.ended for one in asked))
    scheduler.stop()


def test_beside_others_one_client_holds_half_of_the_places(tokenizer):
    engine = Paused(slots=18)
    scheduler = started(engine, tokenizer)
    engine.steps_allowed = 1
    other = ticket("modest", (9, 9), max_new_tokens=60)
    scheduler.submit(other)
    wait_for(lambda: engine.steps_allowed == 0 and scheduler.writing == 1)
    asked = [ticket("greedy", (n, n + 1), max_new_tokens=5) for n in range(1, 30)]
    for one in asked:
        scheduler.submit(one)
    most = 0
    while not all(one.ended for one in asked):
        engine.steps_allowed = 1
        wait_for(lambda: engine.steps_allowed == 0)
        most = max(most, scheduler._running["greedy"])
    assert most == 9
    engine.steps_allowed = 10**9
    scheduler.cancel(other)
    scheduler.stop()


def test_a_paused_text_is_cut_at_its_deadline_and_ends_with_the_server(impatient, engine):
    late, stopped = (ticket("a", (n, n), max_new_tokens=60) for n in (1, 2))
    for one in (late, stopped):
        impatient.submit(one)
    wait_for(lambda: late.paused and stopped.paused)
    late.deadline = 0
    wait_for(lambda: late.ended)
    assert late.cut and late._pieces[-1][1].stop == "length" and late.completion_tokens
    impatient.stop()
    assert stopped.error.status == 503


class Request:
    def __init__(self, client: str):
        self.client, self.deadline = client, 0.0


def test_the_queue_is_fair_to_those_who_ask_little():
    queue = FairQueue(20)
    for _ in range(10):
        queue.put(Request("greedy"))
    for client in ("modest", "quiet"):
        queue.put(Request(client))
    running: Counter[str] = Counter()
    order = []
    for _ in range(4):
        order.append(queue.take(running).client)
        running[order[-1]] += 1
    assert sorted(order[:3]) == ["greedy", "modest", "quiet"] and order[3] == "greedy"


def test_those_with_texts_running_wait_for_those_without():
    queue = FairQueue(20)
    queue.put(Request("a"))
    queue.put(Request("b"))
    assert queue.take({"a": 3}).client == "b"


def test_the_queue_keeps_half_of_its_places_for_others():
    queue = FairQueue(4)
    queue.put(Request("a"))
    queue.put(Request("a"))
    with pytest.raises(Full):
        queue.put(Request("a"))
    queue.put(Request("b"))
    queue.put(Request("c"))
    with pytest.raises(Full):
        queue.put(Request("d"))
    assert len(queue) == 4


@pytest.mark.parametrize("seed", range(20))
def test_the_queue_loses_and_invents_nothing(seed: int):
    random = np.random.default_rng(seed)
    queue, inside = FairQueue(12), []
    for _ in range(200):
        move = random.integers(3)
        if move == 0:
            request = Request("abc"[random.integers(3)])
            try:
                queue.put(request)
                inside.append(request)
            except Full:
                assert len(inside) == 12 or sum(each.client == request.client for each in inside) == 6
        elif move == 1 and inside:
            inside.remove(queue.take({}))
        elif inside:
            gone = inside.pop(random.integers(len(inside)))
            assert queue.remove(gone) and not queue.remove(gone)
        assert sorted(map(id, queue)) == sorted(map(id, inside)) and len(queue) == len(inside)


def test_the_budget_fills_by_the_minute():
    now = [0.0]
    budget = TokenBudget(60, lambda: now[0])
    assert budget.take("a", 50) == 0 and budget.take("b", 60) == 0
    assert budget.take("a", 20) == pytest.approx(10)
    now[0] = 10
    assert budget.take("a", 20) == 0
    budget.give_back("a", 5)
    assert budget.take("a", 5) == 0 and budget.take("a", 1) > 0
    assert budget.take("c", 61) == float("inf")


def test_the_budget_remembers_no_endless_list_of_clients(monkeypatch):
    monkeypatch.setattr(TokenBudget, "MOST_CLIENTS", 50)
    budget = TokenBudget(60, lambda: 0.0)
    for number in range(500):
        budget.take(str(number), 1 + number % 60)
    assert len(budget._left) <= 50
