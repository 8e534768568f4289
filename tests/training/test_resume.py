"""Going on equals never stopping, to the bit: weights, moments, losses, order of the data."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from tiny_training import (
    Watcher,
    differences,
    events,
    lines,
    question_recipe,
    question_store,
    story_recipe,
    story_store,
    trainer_of,
)

from slm.checkpoint import load_model
from slm.data.documents import DocumentsConfig
from slm.data.token_store import TokenStore
from slm.errors import DataError, ModelError, Stopped, TrainingError
from slm.finetune import finetune, resume_finetuning
from slm.prepare import prepare
from slm.pretrain import pretrain, resume_pretraining
from slm.training import launch
from slm.training.run_folder import RunFolder

RUN_TO_THE_END = """
import sys
from pathlib import Path
from slm.{stage} import {resume}
{resume}(sys.argv[1], runs=Path(sys.argv[2]))
"""


@dataclass
class Place:
    """A folder with both stores and finished runs: base and tuned, which never stopped, by precision."""

    folder: Path
    stories: TokenStore
    questions: TokenStore

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def pretrain(self, name: str, observer: Watcher | None = None, **training: object) -> RunFolder:
        return pretrain(self.stories, story_recipe(self.folder, **training), name, observer=observer, runs=self.runs)

    def finetune(self, name: str, base: str, observer: Watcher | None = None, **training: object) -> RunFolder:
        recipe = question_recipe(self.folder, **training)
        return finetune(self.questions, recipe, str(self.runs / base), name, observer, runs=self.runs)

    def uninterrupted(self, name: str, base: str = "", **training: object) -> RunFolder:
        """The run of that name, made when it is first asked for."""
        run = RunFolder(self.runs / name)
        if not run.path.exists():
            self.finetune(name, base, **training) if base else self.pretrain(name, **training)
        return run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    return Place(folder, story_store(folder), question_store(folder))


def stop_at(step: int, number: int = signal.SIGINT) -> Watcher:
    """An observer in whose sight a person presses Ctrl-C during that step."""
    return Watcher(lambda done: signal.raise_signal(number) if done == step else None)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("step", [1, 3, 4, 6])
def test_pretraining_goes_on_with_the_same_bits(place: Place, step: int, precision: str) -> None:
    """With dropout and accumulation, stopped between the saves of every fourth step, at one, and at the last."""
    training = {"precision": precision, "save_interval": 4}
    whole = place.uninterrupted(f"base-{precision}", **training)
    with pytest.raises(Stopped, match=f"stopped at step {step} of 6 and saved"):
        place.pretrain(f"base-{precision}-{step}", stop_at(step), **training)
    run = resume_pretraining(f"base-{precision}-{step}", runs=place.runs)
    assert run.read()["state"] == "finished"
    assert events(run) == [("stopped", step), ("resumed", step)]
    assert differences(run, whole) == []


def test_pretraining_by_muon_goes_on_with_the_same_bits(place: Place) -> None:
    training = {"optimizer": "muon", "schedule": "wsd", "save_interval": 4}
    whole = place.pretrain("muon", **training)
    with pytest.raises(Stopped):
        place.pretrain("muon-5", stop_at(5), **training)
    assert differences(resume_pretraining("muon-5", runs=place.runs), whole) == []


@pytest.mark.parametrize("step", [1, 4, 5])
def test_finetuning_goes_on_with_the_same_bits(place: Place, step: int) -> None:
    """Records of unequal lengths, a longer context and another dropout than the parent's."""
    base = place.uninterrupted("base-float32", precision="float32", save_interval=4).name
    whole = place.uninterrupted("tuned", base)
    with pytest.raises(Stopped):
        place.finetune(f"tuned-{step}", base, stop_at(step, signal.SIGTERM), save_interval=4)
    run = resume_finetuning(f"tuned-{step}", runs=place.runs)
    assert differences(run, whole) == []
    assert load_model(run.last).model.config.dropout == 0.2


def test_stopping_again_and_again_changes_nothing(place: Place) -> None:
    whole = place.uninterrupted("base-float32", precision="float32", save_interval=4)
    with pytest.raises(Stopped):
        place.pretrain("often", stop_at(1), save_interval=4)
    for step in (2, 3, 5):
        with pytest.raises(Stopped):
            resume_pretraining("often", stop_at(step), place.runs)
    run = resume_pretraining("often", runs=place.runs)
    assert differences(run, whole) == []
    best = [load_model(r.best).record["best_validation_loss"] for r in (run, whole)]
    assert best[0] == best[1]
    assert [event for event, _ in events(run)] == ["stopped", "resumed"] * 4


def test_a_lost_stretch_is_done_again_with_the_same_bits(place: Place) -> None:
    """As after a kill: the steps since the last save are lost, their lines stand in metrics.jsonl twice."""
    whole = place.uninterrupted("base-float32", precision="float32", save_interval=4)

    def die(step: int) -> None:
        if step == 3:
            raise RuntimeError("as if killed")

    with pytest.raises(RuntimeError):
        place.pretrain("died", Watcher(die), save_interval=2)
    assert RunFolder(place.runs / "died").read()["state"] == "failed"
    run = resume_pretraining("died", runs=place.runs)
    assert [line["step"] for line in lines(run, "step")] == [1, 2, 3, 3, 4, 5, 6]
    assert differences(run, whole) == []


def test_a_run_without_any_checkpoint_begins_again(place: Place) -> None:
    whole = place.uninterrupted("base-float32", precision="float32", save_interval=4)
    with pytest.raises(Stopped):
        place.pretrain("early", stop_at(1), save_interval=4)
    shutil.rmtree(place.runs / "early" / "checkpoints")
    assert differences(resume_pretraining("early", runs=place.runs), whole) == []


def test_from_a_checkpoint_between_two_renames(place: Place) -> None:
    """Killed while `last` was replaced: the old one stands aside as .last.old."""
    whole = place.uninterrupted("base-float32", precision="float32", save_interval=4)
    with pytest.raises(Stopped):
        place.pretrain("renamed", stop_at(3), save_interval=4)
    last = place.runs / "renamed" / "checkpoints" / "last"
    last.rename(last.with_name(".last.old"))
    (last.parent / ".last.999999999.tmp").mkdir()
    run = resume_pretraining("renamed", runs=place.runs)
    assert events(run)[-1] == ("resumed", 3)
    assert differences(run, whole) == []
    assert sorted(path.name for path in last.parent.iterdir()) == ["best", "last"]


def test_counters_go_on(place: Place) -> None:
    with pytest.raises(Stopped):
        place.pretrain("counters", stop_at(3))
    [before] = [line for line in lines(RunFolder(place.runs / "counters"), "step") if line["step"] == 3]
    run = resume_pretraining("counters", runs=place.runs)
    after = lines(run, "step")[3]
    assert after["tokens"] == before["tokens"] * 4 // 3
    assert after["seconds"] > before["seconds"]
    record = run.read()
    assert record["tokens_seen"] == before["tokens"] * 2
    assert record["timing"]["training_seconds"] >= before["seconds"] - 0.1
    assert len(list((run.path / "samples").iterdir())) == 2


def test_a_stop_during_a_stop_is_kept(tmp_path: Path) -> None:
    """Ctrl-C while the first save is written: the run stops before its first step, with that save."""

    def save_slowly(step: int) -> None:
        signal.raise_signal(signal.SIGTERM)

    trainer = trainer_of(tmp_path, write_samples=save_slowly)
    with pytest.raises(Stopped, match="stopped at step 0 of 6 and saved; go on with: slm train --resume run") as caught:
        trainer.train()
    assert caught.value.exit_code == 143
    whole = trainer_of(tmp_path, name="whole")
    whole.train()
    resumed = trainer_of(tmp_path)
    resumed.train()
    assert [line["best"] for line in lines(resumed.run, "evaluation")] == [
        line["best"] for line in lines(whole.run, "evaluation")
    ]
    assert differences(resumed.run, whole.run) == []


# What does not fit together


def stopped(place: Place, name: str) -> RunFolder:
    with pytest.raises(Stopped):
        place.pretrain(name, stop_at(2))
    return RunFolder(place.runs / name)


def test_a_frozen_choice_that_is_gone_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    run = stopped(place, "frozen")
    run.update(frozen=run.read()["frozen"] | {"compile": True})
    monkeypatch.setattr(launch, "can_compile", lambda device: False)
    with pytest.raises(TrainingError, match="needs a C\\+\\+ compiler"):
        resume_pretraining("frozen", runs=place.runs)
    assert run.read()["state"] == "stopped"


def test_frozen_choices_are_used_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever 'auto' would mean today."""
    place.uninterrupted("base-bfloat16", precision="bfloat16", save_interval=4)
    with pytest.raises(Stopped):
        place.pretrain("today", stop_at(3), precision="bfloat16", save_interval=4)
    run = RunFolder(place.runs / "today")
    recipe = run.read()["recipe"]
    recipe["training"] |= {"precision": "auto", "threads": 0, "device": "auto"}
    run.update(recipe=recipe)
    monkeypatch.setattr("slm.device.cpu_has_bfloat16", lambda: False)
    resume_pretraining("today", runs=place.runs)
    assert differences(run, RunFolder(place.runs / "base-bfloat16")) == []
    assert torch.get_num_threads() == 1


def test_another_version_or_machine_warns(place: Place) -> None:
    run = stopped(place, "elsewhere")
    record = run.read()
    run.update(versions=record["versions"] | {"torch": "1.0"}, machine=record["machine"] | {"cores": 96})
    watcher = Watcher()
    resume_pretraining("elsewhere", watcher, place.runs)
    warnings = [message for message in watcher.messages if "the bits may differ" in message]
    assert [warning.split(" is ")[0] for warning in warnings] == ["torch was 1.0,", "cores was 96,"]


def test_the_same_machine_does_not_warn(place: Place) -> None:
    stopped(place, "here")
    watcher = Watcher()
    resume_pretraining("here", watcher, place.runs)
    assert not [message for message in watcher.messages if "bits may differ" in message]


def test_a_changed_token_store_is_refused(place: Place, tmp_path: Path) -> None:
    run = stopped(place, "changed")
    run.update(data=run.read()["data"] | {"folder": str(story_store(tmp_path, count=60).folder)})
    with pytest.raises(DataError, match="holds other data than run 'changed' began with"):
        resume_pretraining("changed", runs=place.runs)


def test_a_token_store_whose_bytes_were_changed_is_refused(tmp_path: Path) -> None:
    store = story_store(tmp_path)
    with pytest.raises(Stopped):
        pretrain(store, story_recipe(tmp_path), "run", observer=stop_at(2), runs=tmp_path / "runs")
    content = bytearray((store.folder / "train.bin").read_bytes())
    content[100] ^= 1
    (store.folder / "train.bin").write_bytes(content)
    with pytest.raises(DataError, match=r"train\.bin: its SHA-256 differs"):
        resume_pretraining("run", runs=tmp_path / "runs")


def test_a_damaged_checkpoint_is_refused(place: Place) -> None:
    run = stopped(place, "damaged")
    state = run.last / "state" / "optimizer.safetensors"
    content = bytearray(state.read_bytes())
    content[-5] ^= 1
    state.write_bytes(content)
    with pytest.raises(ModelError, match=r"optimizer\.safetensors: its SHA-256 differs"):
        resume_pretraining("damaged", runs=place.runs)


def test_a_checkpoint_of_another_model_is_refused(place: Place) -> None:
    run = stopped(place, "another")
    recipe = run.read()["recipe"]
    recipe["model"]["n_layer"] = 3
    run.update(recipe=recipe)
    with pytest.raises(TrainingError, match="holds another model"):
        resume_pretraining("another", runs=place.runs)


# Compiled

needs_compiler = pytest.mark.skipif(not launch.can_compile("cpu"), reason="needs a C++ compiler (the program g++)")


@pytest.fixture
def compiler_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "compiled"))


def in_a_new_process(stage: str, resume: str, name: str, runs: Path) -> None:
    root = Path(importlib.util.find_spec("slm").submodule_search_locations[0]).parent  # type: ignore[union-attr,index]
    code = RUN_TO_THE_END.format(stage=stage, resume=resume)
    subprocess.run(
        [sys.executable, "-c", code, name, str(runs)], check=True, env=os.environ | {"PYTHONPATH": str(root)}
    )


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_compiled_pretraining_goes_on_with_the_same_bits(place: Place, precision: str, compiler_cache: None) -> None:
    training = {"compile": "on", "precision": precision, "save_interval": 4}
    whole = place.pretrain(f"compiled-{precision}", **training)
    for step in (1, 4):
        name = f"compiled-{precision}-{step}"
        with pytest.raises(Stopped):
            place.pretrain(name, stop_at(step), **training)
        in_a_new_process("pretrain", "resume_pretraining", name, place.runs)
        assert differences(RunFolder(place.runs / name), whole) == []
    eager = place.uninterrupted(f"base-{precision}", precision=precision, save_interval=4)
    assert "steps" in differences(whole, eager)  # so it was compiled


@pytest.mark.slow
@needs_compiler
def test_compiled_finetuning_goes_on_with_the_same_bits(
    place: Place, compiler_cache: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More shapes come than torch is willing to compile, and after a stop others come first; none may fall back."""
    torch._dynamo.reset()
    counters = torch._dynamo.utils.counters
    counters.clear()
    monkeypatch.setattr(torch._dynamo.config, "recompile_limit", 2)
    place.uninterrupted("base-float32", precision="float32", save_interval=4)
    recipe = question_recipe(place.folder, compile="on", save_interval=4, steps=9, accumulation=1)
    recipe = replace(recipe, model=replace(recipe.model, block_size=256))
    store = store_of_all_lengths(place.folder / "long")

    def tune(name: str, observer: Watcher | None = None) -> RunFolder:
        return finetune(store, recipe, str(place.runs / "base-float32"), name, observer, runs=place.runs)

    whole = tune("compiled-tuned")
    assert counters["frames"]["total"] == counters["frames"]["ok"] > 2
    with pytest.raises(Stopped):
        tune("compiled-tuned-5", stop_at(5))
    in_a_new_process("finetune", "resume_finetuning", "compiled-tuned-5", place.runs)
    assert differences(RunFolder(place.runs / "compiled-tuned-5"), whole) == []


def store_of_all_lengths(folder: Path) -> TokenStore:
    """A third of the records each fills 64, 128 or 192 tokens."""
    folder.mkdir()
    records = [{"Question": f"{n}?", "Response": f"{n} " + "x" * (20 + 64 * (n % 3))} for n in range(60)]
    (folder / "long.jsonl").write_text("\n".join(map(json.dumps, records)))
    documents = DocumentsConfig((str(folder / "long.jsonl"),), kind="question_answer", holdout=0.1)
    return prepare(documents, str(folder.parent / "tokenizer.json"), folder=folder / "store")
