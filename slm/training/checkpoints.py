"""The checkpoints of a run: what its trainer writes into model folders, and takes back to go on from.

All ranks take part: what is spread over them is collected or written by each, the rest the first one writes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from slm.atomic_write import existing_folder
from slm.checkpoint import LoadedModel, TrainingState, load_model, load_state
from slm.errors import TrainingError
from slm.model.gpt import GPTConfig
from slm.model.lora import kept_apart
from slm.training.optimizer import optimizer_tensors, restore_optimizer
from slm.training.parallel import Whole
from slm.training.progress import Progress
from slm.training.ranks import Ranks
from slm.training.run_folder import RunFolder

SaveModel = Callable[[Path, dict[str, Any], TrainingState | None], None]


class Checkpoints:
    """Those of `run`, which trains `model` with `optimizer`. `save` writes a model folder, None keeps nothing."""

    def __init__(
        self,
        run: RunFolder,
        model: Whole,
        optimizer: torch.optim.Optimizer,
        seed: int,
        save: SaveModel | None,
        ranks: Ranks,
        resume_command: str,
    ):
        self._run, self._model, self._optimizer, self._seed = run, model, optimizer, seed
        self.save, self._ranks, self._resume_command = save, ranks, resume_command

    def write(self, folder: Path, progress: Progress, resumable: bool = False) -> None:
        """Have the first rank write a model folder and, `resumable`, what training needs to go on from it.

        Raises TrainingError where it cannot be written; the one before it is intact then.
        """
        if self.save is None:
            return
        try:
            self._model.collect()
            state = self._state(progress) if resumable else None
            self._ranks.while_first(lambda: self.save(folder, self._record(progress), state))
        except (OSError, SafetensorError) as error:  # a full disk is either, as Python or safetensors meets it
            reason = getattr(error, "strerror", None) or error
            kept = "; the checkpoint before it is intact" if existing_folder(self._run.last).exists() else ""
            raise TrainingError(
                f"step {progress.step} cannot be saved in {self._run.path} ({reason}){kept}: "
                f"make room or mend the permissions, then {self._resume_command}"
            ) from None

    def read_last(self, config: GPTConfig) -> Progress:
        """Take weights and moments of the last checkpoint, whose model must have this config; returns where it stood.
        Raises TrainingError for another model."""
        folder = existing_folder(self._run.last)
        loaded = load_model(folder)
        if loaded.model.config != config:
            raise TrainingError(f"{folder}: holds another model ({loaded.model.config}) than this run's recipe makes")
        progress = Progress(**self._take(loaded).values["progress"])
        before_decay = self._run.before_decay
        if before_decay.exists() and load_state(before_decay).values["progress"]["step"] > progress.step:
            shutil.rmtree(before_decay)  # of steps that a kill made undone
        return progress

    def go_back(self) -> None:
        """Take weights and moments of the last checkpoint once more."""
        self._take(load_model(self._run.last))

    def _take(self, loaded: LoadedModel) -> TrainingState:
        state, parameters = load_state(loaded.folder), dict(self._model.model.named_parameters())
        tensors = state.tensors
        if state.shards is not None:
            from slm.training.sharded import read_shards

            tensors = tensors | read_shards(state.shards, lambda name: parameters[name.partition("/")[2]])
        self._model.load(loaded.model, tensors)
        restore_optimizer(self._optimizer, self._model.model, tensors, self._model.laid_out)
        return state

    def _state(self, progress: Progress) -> TrainingState:
        tensors = optimizer_tensors(self._optimizer, self._model.model) | kept_apart(self._model.model)
        shards = self._run.path / ".shards.tmp"
        tensors = self._model.write_shards(shards, tensors)
        values = {"progress": asdict(progress), "seed": self._seed}
        return TrainingState(tensors, values, shards if self._model.in_step else None)

    def _record(self, progress: Progress) -> dict[str, Any]:
        return {
            "run": self._run.name,
            "step": progress.step,
            "tokens_seen": progress.tokens,
            "best_validation_loss": progress.best_validation_loss,
        }
