"""The pre-training stage: what a run leaves behind, what it refuses, how it is stopped from outside."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from cli.conftest import run_slm
from tiny_training import (
    Watcher,
    children,
    differences,
    events,
    held_command,
    metrics,
    question_store,
    story_recipe,
    story_store,
    story_values,
    without_pictures,
    write_recipe,
)

from slm.checkpoint import load_model
from slm.data.token_store import TokenStore
from slm.errors import ConfigError, ModelError, Stopped, TrainingError
from slm.model.gpt import GPT
from slm.pretrain import pretrain, resume_pretraining
from slm.training.run_folder import RunFolder

SECONDS = 300  # to wait for another process, on however busy a machine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pretrain")


@pytest.fixture(scope="module")
def store(folder: Path) -> TokenStore:
    return story_store(folder)


@pytest.fixture(scope="module")
def run(folder: Path, store: TokenStore) -> RunFolder:
    """A finished run that learned for 40 steps."""
    recipe = story_recipe(folder, steps=40, micro_batch_size=8, learning_rate=1e-2, evaluation_interval=20)
    return pretrain(store, recipe, "learned", command="slm train", runs=folder / "runs")


@pytest.fixture(scope="module")
def stopped(folder: Path, store: TokenStore) -> RunFolder:
    with pytest.raises(Stopped):
        pretrain(store, story_recipe(folder), "stopped", observer=stop_at(4), runs=folder / "runs")
    return RunFolder(folder / "runs" / "stopped")


@pytest.fixture(autouse=True)
def pictures_of_these_alone() -> Iterator[None]:
    """Only the runs above get their pictures."""
    with without_pictures():
        yield


def stop_at(step: int) -> Watcher:
    return Watcher(lambda done: signal.raise_signal(signal.SIGINT) if done == step else None)


# What a run leaves behind


def test_everything_lies_in_its_place(run: RunFolder) -> None:
    names = {path.name for path in run.path.iterdir() if not path.name.startswith(".")}
    assert names == {
        "run.json", "metrics.jsonl", "evaluation.json", "samples", "checkpoints", "best_model_params.pt",
        "loss_curve.png", "report.html", "domain.toml",
    }  # fmt: skip
    assert sorted(path.name for path in (run.path / "checkpoints").iterdir()) == ["best", "last"]
    assert sorted(path.name for path in (run.path / "samples").iterdir()) == ["step-000000.json", "step-000040.json"]
    assert (run.path / "loss_curve.png").read_bytes().startswith(b"\x89PNG")
    assert "<html" in (run.path / "report.html").read_text(encoding="utf-8")
    assert torch.load(run.best_params, weights_only=True).keys() == load_model(run.best).model.state_dict().keys()


def test_the_record_says_how_to_do_it_again(run: RunFolder, store: TokenStore) -> None:
    record = run.read()
    assert (record["state"], record["stage"], record["command"], record["parent"]) == (
        "finished",
        "pretraining",
        "slm train",
        None,
    )
    assert record["recipe"]["model"]["vocab_size"] == store.tokenizer.n_vocab
    assert record["recipe"]["training"]["steps"] == record["steps"] == 40
    assert record["frozen"] == {
        "device": "cpu", "precision": "float32", "compile": False, "threads": 1, "micro_batch_size": 8,
        "ranks": 1, "sharded": False,
    }  # fmt: skip
    assert record["data"]["sha256"] == store.manifest["sha256"]
    assert record["data"]["train_tokens"] == len(store.train.tokens)
    assert record["parameters"] == load_model(run.last).model.num_parameters()
    assert record["tokens_per_step"] == 8 * 2 * 32 and record["tokens_seen"] == 40 * 8 * 2 * 32
    assert record["versions"]["torch"] == torch.__version__
    assert record["timing"]["training_seconds"] > 0
    assert record["created"] <= record["finished"]


def test_it_learned(run: RunFolder) -> None:
    before, after = json.loads((run.path / "evaluation.json").read_text())["results"]
    assert (before["moment"], after["moment"]) == ("before", "after")
    assert after["bits_per_byte"] < before["bits_per_byte"] / 2
    assert (after["documents"], after["documents_in_split"], after["split"]) == (8, 24, "validation")
    losses = [step["loss"] for step in metrics(run, "step")]
    assert losses[-1] < losses[0] / 2


def test_the_samples_are_the_models_own(run: RunFolder) -> None:
    first, last = (json.loads((run.path / "samples" / f"step-{step:06d}.json").read_text()) for step in (0, 40))
    assert (first["step"], last["step"]) == (0, 40)
    assert [item["prompt"] for item in first["items"]] == ["Tom"]
    assert first["items"][0]["text"] != last["items"][0]["text"]
    evaluation = json.loads((run.path / "evaluation.json").read_text())
    assert evaluation["memorisation"]["samples"] == 2


def test_a_checkpoint_knows_where_it_comes_from(run: RunFolder, store: TokenStore) -> None:
    record = load_model(run.last).record
    assert (record["run"], record["recipe"], record["stage"], record["step"]) == ("learned", "tiny", "pretraining", 40)
    assert record["data"] == store.manifest["sha256"]


def test_the_same_again_is_the_same_to_the_bit(folder: Path, store: TokenStore) -> None:
    runs = [pretrain(store, story_recipe(folder), name, runs=folder / "runs") for name in ("once", "twice")]
    assert differences(*runs) == []
    other = pretrain(store, story_recipe(folder, seed=1), "other-seed", runs=folder / "runs")
    assert "transformer.wte.weight" in differences(runs[0], other)


# From other weights


def test_training_goes_on_from_another_model(folder: Path, store: TokenStore, run: RunFolder) -> None:
    recipe = story_recipe(folder, steps=2, learning_rate=0.0)
    further = pretrain(store, recipe, "further", str(run.best), runs=folder / "runs")
    before, after = load_model(run.best), load_model(further.last)
    for (name, one), other in zip(before.model.named_parameters(), after.model.parameters(), strict=True):
        assert torch.equal(one, other), name  # at a learning rate of 0
    assert further.read()["parent"] == {"run": None, "model": str(run.best), "sha256": before.sha256}
    results = [json.loads((r.path / "evaluation.json").read_text())["results"] for r in (run, further)]
    assert results[1][0]["bits_per_byte"] == pytest.approx(results[0][1]["bits_per_byte"])


def test_the_shape_is_that_of_the_model(folder: Path, store: TokenStore, run: RunFolder) -> None:
    recipe = story_recipe(folder, steps=1)
    recipe = type(recipe)(**{**vars(recipe), "model": type(recipe.model)(block_size=64, n_layer=1, n_head=1, n_embd=8)})
    further = pretrain(store, recipe, "shaped", str(run.best), runs=folder / "runs")
    assert further.read()["recipe"]["model"] == run.read()["recipe"]["model"]


def test_going_on_needs_the_first_model_no_more(folder: Path, store: TokenStore, run: RunFolder) -> None:
    copies = [shutil.copytree(run.best, folder / name) for name in ("kept", "gone")]
    recipe, runs = story_recipe(folder), folder / "runs"
    whole = pretrain(store, recipe, "from-kept", str(copies[0]), runs=runs)
    with pytest.raises(Stopped):
        pretrain(store, recipe, "from-gone", str(copies[1]), observer=stop_at(3), runs=runs)
    shutil.rmtree(copies[1])
    assert differences(resume_pretraining("from-gone", runs=runs), whole) == []


def test_beginning_again_from_other_weights_is_refused(folder: Path, store: TokenStore, run: RunFolder) -> None:
    source = shutil.copytree(run.best, folder / "source")
    with pytest.raises(Stopped):
        pretrain(store, story_recipe(folder), "restarted", str(source), observer=stop_at(1), runs=folder / "runs")
    shutil.rmtree(folder / "runs" / "restarted" / "checkpoints")
    shutil.rmtree(source)
    with pytest.raises(ModelError, match="expected a model folder"):
        resume_pretraining("restarted", runs=folder / "runs")
    once = pretrain(store, story_recipe(folder, steps=1), "changed-source", runs=folder / "runs")
    shutil.copytree(once.best, source)
    with pytest.raises(TrainingError, match="not the weights that run 'restarted' began with"):
        resume_pretraining("restarted", runs=folder / "runs")


# What is refused


def test_questions_are_for_finetuning(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds questions and answers; those are for slm finetune"):
        pretrain(question_store(tmp_path), story_recipe(folder), "x", runs=folder / "runs")
    assert not (folder / "runs" / "x").exists()


def test_a_name_that_is_taken_is_refused_and_without_one_the_next_is_taken(
    folder: Path, store: TokenStore, tmp_path: Path
) -> None:
    recipe = story_recipe(folder, steps=1)
    runs = tmp_path / "runs"
    names = [pretrain(store, recipe, runs=runs).name for _ in range(2)]
    assert names == ["tiny", "tiny-2"]
    content = {path: path.read_bytes() for path in (runs / "tiny").rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match="tiny exists and is not overwritten"):
        pretrain(store, recipe, "tiny", runs=runs)
    assert content == {path: path.read_bytes() for path in (runs / "tiny").rglob("*") if path.is_file()}


def test_a_folder_that_cannot_be_written_is_told_before_the_first_step(
    folder: Path, store: TokenStore, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match=r"cannot be written .*; choose another folder with --runs"):
        pretrain(store, story_recipe(folder), "x", runs=tmp_path / "file")


def test_a_model_of_another_tokenizer_is_refused(folder: Path, store: TokenStore, run: RunFolder) -> None:
    other = shutil.copytree(run.best, folder / "other-tokenizer")
    (other / "slm.json").unlink()
    definition = json.loads((other / "tokenizer.json").read_text())
    definition["model"]["merges"].pop()
    (other / "tokenizer.json").write_text(json.dumps(definition))
    with pytest.raises(
        ConfigError,
        match=r"is tokenized by 'bpe:\d+-\w+', the model by 'bpe:\d+-\w+'; prepare it with --tokenizer .*/other-tok",
    ):
        pretrain(store, story_recipe(folder), "x", str(other), runs=folder / "runs")


def test_what_is_finished_is_not_gone_on_with(folder: Path, run: RunFolder) -> None:
    with pytest.raises(ConfigError, match=r"learned is finished; .* A longer run: slm train --from .*learned"):
        resume_pretraining("learned", runs=folder / "runs")


def test_a_finetuning_run_is_gone_on_with_by_its_own_command(folder: Path, run: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "runs" / "tuned")
    RunFolder(tmp_path / "runs" / "tuned").update(stage="finetuning")
    with pytest.raises(ConfigError, match="is a fine-tuning run; go on with: slm finetune --resume tuned --runs "):
        resume_pretraining("tuned", runs=tmp_path / "runs")


def test_a_run_that_is_worked_on_is_left_alone(folder: Path, store: TokenStore) -> None:
    with pytest.raises(Stopped):
        pretrain(store, story_recipe(folder), "busy", observer=stop_at(2), runs=folder / "runs")
    busy = RunFolder(folder / "runs" / "busy")
    content = busy.metrics.read_bytes()
    with busy.hold(), pytest.raises(TrainingError, match=r"another process .* works on this run; stop it first"):
        resume_pretraining("busy", runs=folder / "runs")
    assert busy.metrics.read_bytes() == content and busy.state() == "stopped"
    resume_pretraining("busy", runs=folder / "runs")


def test_a_gpu_that_is_too_small_is_told_in_one_line(
    folder: Path, store: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*arguments: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(GPT, "loss_sum", too_much)
    with pytest.raises(TrainingError, match=r"memory is too small .* a smaller training\.micro_batch_size"):
        pretrain(store, story_recipe(folder), "large", runs=folder / "runs")
    assert RunFolder(folder / "runs" / "large").state() == "failed"


# Stopped outside of the training loop


class StopWhile(Watcher):
    """Asks to stop while documents are scored, before or after training."""

    def __init__(self, trained: bool):
        super().__init__()
        self.trained, self.asked = trained, False
        self.done = 0
        self.at_step = self._count

    def _count(self, step: int) -> None:
        self.done = step

    def working(self, what: str, done: int, total: int) -> None:
        if not self.asked and bool(self.done) == self.trained:
            self.asked = True
            signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("trained", [False, True], ids=["before training", "after training"])
def test_a_stop_while_measuring_ends_at_once_and_can_be_gone_on_from(
    folder: Path, store: TokenStore, trained: bool
) -> None:
    runs, name = folder / "runs", f"measuring-{trained}"
    command = f"stopped; go on with: slm train --resume {name} --runs {runs}"
    with pytest.raises(Stopped, match=command) as caught:
        pretrain(store, story_recipe(folder), name, observer=StopWhile(trained), runs=runs)
    assert caught.value.exit_code == 143
    stopped = RunFolder(runs / name)
    assert (stopped.state(), stopped.read()["message"]) == ("stopped", str(caught.value))
    resumed = resume_pretraining(name, runs=runs)
    assert [result["moment"] for result in json.loads((resumed.path / "evaluation.json").read_text())["results"]] == [
        "before", "after",
    ]  # fmt: skip
    assert events(resumed) == ([("resumed", 6)] if trained else [])
    whole = RunFolder(runs / "whole")
    if not whole.path.exists():
        pretrain(store, story_recipe(folder), "whole", runs=runs)
    assert differences(resumed, whole) == []


def test_a_stopped_run_has_its_curve(stopped: RunFolder) -> None:
    assert (stopped.path / "loss_curve.png").is_file()


# Signals from outside, to the command itself


class Command:
    """`slm ...` as a process of its own, held in one of its steps until `go` is called."""

    def __init__(self, arguments: list[str], folder: Path, step: int):
        self.gate = folder / f"gate-{step}"
        self.process = children().Process(target=held_command, args=(arguments, folder, step, self.gate))
        self.process.start()
        self.wait_for(self.gate.with_suffix(".reached").exists)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not condition():
            assert self.process.is_alive() and time.monotonic() < end, self.said()
            time.sleep(0.01)

    def send(self, number: int, until: str) -> None:
        os.kill(self.process.pid or 0, number)
        self.wait_for(lambda: until in self.said())

    def go(self) -> None:
        self.gate.touch()

    def said(self) -> str:
        return self.gate.with_suffix(".stderr").read_text()

    def end(self) -> tuple[int | None, str]:
        self.process.join(SECONDS)
        return self.process.exitcode, self.said()


def words(line: str) -> list[str]:
    """The arguments of the command that a message ends with."""
    return shlex.split(line.partition("go on with: ")[2])[1:]


def test_ctrl_c_and_sigterm_save_and_print_the_command_that_goes_on(
    folder: Path, store: TokenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = write_recipe(tmp_path / "tiny.toml", story_values(folder, save_interval=100))
    arguments = [
        "train",
        str(store.folder),
        "--recipe",
        str(recipe),
        "--name",
        "told",
        "--runs",
        str(tmp_path / "my runs"),
    ]
    first = Command(arguments, tmp_path, step=2)
    first.send(signal.SIGINT, until="Ctrl-C: saving at the end of this step, in about")
    first.go()
    code, said = first.end()
    assert code == 130
    last_line = said.rstrip().splitlines()[-1]
    assert last_line.startswith("stopped at step 2 of 6 and saved; go on with: slm train --resume told --runs '")

    second = Command(words(last_line), tmp_path, step=5)
    second.send(signal.SIGTERM, until="SIGTERM: saving at the end of this step, in about")
    second.go()
    code, said = second.end()
    assert code == 143
    last_line = said.rstrip().splitlines()[-1]
    assert "Traceback" not in said and last_line.startswith("stopped at step 5 of 6 and saved; go on with: ")

    monkeypatch.chdir(tmp_path)
    assert run_slm(*words(last_line)) == 0
    told = RunFolder(tmp_path / "my runs" / "told")
    assert told.read()["state"] == "finished"
    assert events(told) == [("stopped", 2), ("resumed", 2), ("stopped", 5), ("resumed", 5)]
    assert differences(told, pretrain(store, story_recipe(folder, save_interval=100), "untold", runs=tmp_path)) == []


def test_a_second_signal_ends_at_once_with_the_last_save_intact(
    folder: Path, store: TokenStore, tmp_path: Path
) -> None:
    recipe = write_recipe(tmp_path / "tiny.toml", story_values(folder, save_interval=2))
    command = Command(["train", str(store.folder), "--recipe", str(recipe), "--name", "twice"], tmp_path, step=3)
    command.send(signal.SIGTERM, until="(once more stops at once)")
    os.kill(command.process.pid or 0, signal.SIGINT)  # and the step is never ended
    code, said = command.end()
    assert code == 130
    message = "stopped at once; the last saved checkpoint is intact; go on with: slm train --resume twice"
    assert said.rstrip().splitlines()[-1] == message
    run = RunFolder(tmp_path / "runs" / "twice")
    assert run.state() == "stopped"
    assert load_model(run.last).record["step"] == 2
    resume_pretraining("twice", runs=tmp_path / "runs")
    assert differences(run, pretrain(store, story_recipe(folder, save_interval=2), "once", runs=tmp_path)) == []
