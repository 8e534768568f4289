"""Trackers as adapters: trackio, Weights & Biases and MLflow, each told figures by their step, each by its own client.

Where they keep things, and whom they ask, is theirs to know: from their usual environment variables and files. Imported
by the process that `follow` is, never by training.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable
from typing import Any

from slm.training.follow import Point, Tracker

PROJECT = "slm"


class Trackio:
    """trackio: on this machine, or where TRACKIO_SPACE_ID or TRACKIO_SERVER_URL say. It knows runs by their names, so a
    tracked run has a name of its own."""

    def __init__(self, run: str, known: str, settings: dict[str, Any]):
        import trackio

        self.id, self.note = known or f"{run}-{uuid.uuid4().hex[:6]}", ""
        self._run = trackio.init(
            os.environ.get("TRACKIO_PROJECT", PROJECT), self.id, config=settings, resume="allow", embed=False,
            auto_log_gpu=False, auto_log_cpu=False,
        )  # fmt: skip

    def log(self, points: list[Point]) -> None:
        for point in points:
            self._run.log(point.figures, point.step)

    def finish(self, state: str) -> None:
        self._run.finish()


class Wandb:
    """Weights & Biases. Without a login it keeps what it is told on this machine, as with WANDB_MODE=offline."""

    def __init__(self, run: str, known: str, settings: dict[str, Any]):
        import wandb

        self.id = known or uuid.uuid4().hex[:8]
        wanted = {
            "project": os.environ.get("WANDB_PROJECT", PROJECT), "name": run, "id": self.id, "resume": "allow",
            "config": settings,
            # Figures alone: nothing that it finds out by itself of the machine, the code or the output.
            "settings": wandb.Settings(
                console="off", disable_git=True, disable_code=True, save_code=False, disable_job_creation=True,
                silent=True, x_disable_stats=True, x_disable_meta=True, x_disable_machine_info=True,
                x_save_requirements=False,
            ),
        }  # fmt: skip
        self.note = ""
        try:
            self._run = wandb.init(**wanted)
        except wandb.errors.UsageError:  # no key, and nobody who could be asked for one
            self._run = wandb.init(**wanted, mode="offline")
            self.note = f"not logged in, so kept in {os.path.dirname(self._run.dir)}; wandb sync sends it"
        # A resumed run goes back to its last checkpoint, so steps may come twice: wandb's own may never fall.
        self._run.define_metric("trained_steps")
        self._run.define_metric("*", step_metric="trained_steps")

    def log(self, points: list[Point]) -> None:
        for point in points:
            self._run.log(point.figures | {"trained_steps": point.step})

    def finish(self, state: str) -> None:
        self._run.finish(exit_code=0 if state == "finished" else 1)


class Mlflow:
    """MLflow, by its client, at MLFLOW_TRACKING_URI or where MLflow keeps things by default."""

    STATES = {"finished": "FINISHED", "failed": "FAILED"}
    LONGEST_VALUE = 500  # characters of a setting
    MOST_AT_ONCE = 100  # settings in a request; figures may be 1,000

    def __init__(self, run: str, known: str, settings: dict[str, Any]):
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param

        self._client, self._metric, self.note = MlflowClient(), Metric, ""
        self.id = self._going_on(known) or self._new(run)
        params = [Param(name, str(value)[: self.LONGEST_VALUE]) for name, value in settings.items()]
        for start in range(0, len(params), self.MOST_AT_ONCE):
            self._client.log_batch(self.id, params=params[start : start + self.MOST_AT_ONCE])

    def _going_on(self, known: str) -> str:
        """The id of the run that is known, if it is there: on another machine it may not be."""
        with contextlib.suppress(Exception):
            if known:
                self._client.update_run(known, status="RUNNING")
                return known
        return ""

    def _new(self, run: str) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        experiment = self._client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self._client.create_experiment(name)
        return self._client.create_run(number, run_name=run).info.run_id

    def log(self, points: list[Point]) -> None:
        now = int(time.time() * 1000)
        metrics = [self._metric(name, value, now, p.step) for p in points for name, value in p.figures.items()]
        for start in range(0, len(metrics), 1000):
            self._client.log_batch(self.id, metrics=metrics[start : start + 1000])

    def finish(self, state: str) -> None:
        self._client.set_terminated(self.id, self.STATES.get(state, "KILLED"))


TRACKERS: dict[str, Callable[[str, str, dict[str, Any]], Tracker]] = {
    "trackio": Trackio, "wandb": Wandb, "mlflow": Mlflow,
}  # fmt: skip
