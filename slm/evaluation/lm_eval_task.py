"""The same multiple-choice questions as a task for EleutherAI's lm-eval: a YAML file beside a file of items.

The prompts are those that our model saw, cut to its context where it was too short, so that lm-eval has nothing to cut
and gives the same log-likelihoods. It reads no network for it. Without torch, and without lm-eval.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from slm.atomic_write import write_text
from slm.errors import DataError
from slm.evaluation.choice_prompts import Prompted

METRICS = ("acc", "acc_norm", "acc_bytes")


def write_lm_eval_task(folder: Path, name: str, items: Sequence[Prompted]) -> Path:
    """Write `<name>.yaml` and `<name>.jsonl` into a folder, made where it is not there; the YAML file's path.

    Raises DataError where they cannot be written.
    """
    data, task = folder / f"{name}.jsonl", folder / f"{name}.yaml"
    lines = (json.dumps(_line(item), ensure_ascii=False) + "\n" for item in items)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(data, "".join(lines))
        write_text(task, _yaml(name, data.resolve(), items[0].delimiter))
    except OSError as error:
        raise DataError(f"{folder}: the task cannot be written ({error.strerror}); name another folder") from None
    return task


def command(task: Path, model: Path) -> str:
    """How lm-eval is asked for it."""
    arguments = shlex.quote(f"pretrained={model.resolve()},dtype=float32")
    return (
        f"HF_DATASETS_OFFLINE=1 lm_eval --model hf --model_args {arguments} --include_path "
        f"{shlex.quote(str(task.parent))} --tasks {task.stem} --batch_size 8"
    )


def _line(item: Prompted) -> dict[str, object]:
    return {
        "dataset": item.item.dataset, "id": item.item.id, "prompt": item.prompt, "options": list(item.item.options),
        "gold": item.item.gold, "cut": item.cut,
    }  # fmt: skip


def _yaml(name: str, data: Path, delimiter: str) -> str:
    metrics = "".join(
        f"  - metric: {metric}\n    aggregation: mean\n    higher_is_better: true\n" for metric in METRICS
    )
    return (
        "# Written by slm evaluate; the prompts are cut to the context of the model that it was written for.\n"
        f"task: {name}\n"
        "dataset_path: json\n"
        "dataset_kwargs:\n"
        "  data_files:\n"
        f"    test: {json.dumps(str(data))}\n"
        "test_split: test\n"
        "output_type: multiple_choice\n"
        "doc_to_text: prompt\n"
        "doc_to_choice: options\n"
        "doc_to_target: gold\n"
        f"target_delimiter: {json.dumps(delimiter)}\n"
        f"metric_list:\n{metrics}"
        "metadata:\n"
        "  version: 1.0\n"
    )
