"""What the ranks but the first do: train along in every run that the first one works on, and write nothing."""

from __future__ import annotations

import signal
from pathlib import Path

from slm.finetune import recorded_finetuning
from slm.pretrain import recorded_pretraining
from slm.stage import train_along
from slm.training.observer import Observer
from slm.training.ranks import ManyRanks
from slm.training.run_folder import RunFolder
from slm.training.stop_request import SIGNALS


def follow(ranks: ManyRanks) -> None:
    """Train along until the first rank ends. It is the first one that stops when a person asks for it; between runs
    signals are left to it. Raises SlmError where this rank cannot go on."""
    for number in SIGNALS:
        signal.signal(number, lambda number, frame: None)
    while job := ranks.next_job():
        run = RunFolder(Path(job["run"]))
        record, observer = run.read(), Observer()
        if record["stage"] == "pretraining":
            stage = recorded_pretraining(run, record, observer, ranks=ranks)
        else:
            stage = recorded_finetuning(run, record, observer, ranks=ranks)
        train_along(stage, run, job["resumed"])
