"""The task that lm-eval reads, and that it gives the same log-likelihoods and predictions, item by item."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from evaluation.choice_files import WORDS, item
from tiny import tiny_model, tiny_tokenizer

from slm.checkpoint import save_model
from slm.data.prompt_format import PromptFormat
from slm.errors import DataError
from slm.evaluation.choice_prompts import Prompted, prompted
from slm.evaluation.lm_eval_task import command, write_lm_eval_task
from slm.evaluation.multiple_choice import ChoiceResult, figures_of, score_choices

CONTEXT = 96
OPTIONS = (("a cat", "the dog ran", "on"), ("ein Café", "naïve kings", "then", "thé"))


def items(prompt_format: PromptFormat | None, count: int = 40) -> list[Prompted]:
    """Questions of which some are cut, with options of several lengths, not all of them ASCII."""
    made = [item(n, " ".join(WORDS * (n % 5)), OPTIONS[n % 2]) for n in range(count)]
    return [prompted(one, tiny_tokenizer(), CONTEXT, prompt_format) for one in made]


def test_the_task_is_yaml_beside_its_items(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    made = items(PromptFormat(), 6)
    task = yaml.safe_load(write_lm_eval_task(tmp_path / "new", "slm_mc", made).read_text())
    lines = [json.loads(line) for line in Path(task["dataset_kwargs"]["data_files"]["test"]).read_text().splitlines()]
    assert task["task"] == "slm_mc" and task["target_delimiter"] == made[0].delimiter == "\n"
    assert [metric["metric"] for metric in task["metric_list"]] == ["acc", "acc_norm", "acc_bytes"]
    for line, one in zip(lines, made, strict=True):
        assert line[task["doc_to_text"]] == one.prompt and line[task["doc_to_target"]] == 1
        assert line[task["doc_to_choice"]] == list(one.item.options)
    assert "--tasks slm_mc" in command(tmp_path / "new" / "slm_mc.yaml", tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="the task cannot be written"):
        write_lm_eval_task(tmp_path / "file", "slm_mc", items(None, 1))


@pytest.mark.parametrize("prompt_format", [None, PromptFormat(), PromptFormat(reasoning=True)])
def test_transformers_gives_the_same_when_asked_as_lm_eval_asks_it(tmp_path: Path, prompt_format) -> None:
    """lm-eval 0.4.13 moves white space from the prompt's end to the option's front, encodes both together, and sums
    over what stands behind as many tokens as the prompt alone has."""
    transformers = pytest.importorskip("transformers")
    model = tiny_model(block_size=CONTEXT)
    save_model(tmp_path / "model", model, tiny_tokenizer(), prompt_format)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    made = items(prompt_format, 10)
    for one, result in zip(made, score_choices(model, made), strict=True):
        start = len(tokenizer(one.prompt)["input_ids"])
        for option, value in zip(one.item.options, result.log_likelihoods, strict=True):
            ids = torch.tensor([tokenizer(f"{one.prompt}{one.delimiter}{option}")["input_ids"]])
            assert ids.size(1) <= CONTEXT + 1
            with torch.no_grad():
                rows = torch.log_softmax(theirs(ids[:, :-1]).logits[0], -1)
            theirs_too = rows[range(start - 1, ids.size(1) - 1), ids[0, start:]].sum()
            assert value == pytest.approx(float(theirs_too), abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("prompt_format", [None, PromptFormat()])
def test_lm_eval_predicts_the_same_item_by_item(tmp_path: Path, prompt_format) -> None:
    pytest.importorskip("lm_eval", reason="lm-eval is not installed: pip install 'slm-toolkit[lm-eval]'")
    model = tiny_model(block_size=CONTEXT)
    save_model(tmp_path / "model", model, tiny_tokenizer(), prompt_format)
    made = items(prompt_format)
    assert any(one.cut for one in made)
    task = write_lm_eval_task(tmp_path / "task", "slm_mc", made)
    words = f"{command(task, tmp_path / 'model')} --device cpu --log_samples --output_path {tmp_path / 'out'}"
    environment = {**os.environ, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(words, shell=True, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (figures,) = (tmp_path / "out").rglob("results_*.json")
    (samples,) = (tmp_path / "out").rglob("samples_*.jsonl")
    ours = score_choices(model, made)
    _compare(ours, json.loads(figures.read_text()), [json.loads(line) for line in samples.read_text().splitlines()])


def _compare(ours: list[ChoiceResult], outcome: dict[str, Any], samples: list[dict[str, Any]]) -> None:
    samples.sort(key=lambda sample: sample["doc_id"])
    for result, sample in zip(ours, samples, strict=True):
        theirs = [float(response[0][0]) for response in sample["resps"]]
        assert result.log_likelihoods == pytest.approx(theirs, abs=1e-3)
        assert result.chosen == int(np.argmax(theirs)) and (result.chosen == result.item.gold) == sample["acc"]
        assert (result.chosen_per_character == result.item.gold) == sample["acc_norm"]
        assert (result.chosen_per_byte == result.item.gold) == sample["acc_bytes"]
    found, last = outcome["results"]["slm_mc"], figures_of(ours)[-1]
    for key, name in (("accuracy", "acc"), ("accuracy_per_character", "acc_norm"), ("accuracy_per_byte", "acc_bytes")):
        assert found[f"{name},none"] == pytest.approx(last[key]["share"])
