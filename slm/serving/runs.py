"""The run folders of this machine, for the page: what there is, how a training goes, what it wrote, its report.

    GET /api/runs                            {"runs": [...]}: the newest first
    GET /api/runs/{name}                     one run: recipe, curves (at most POINTS), stories, answers, events
    GET /api/runs/{name}/events?after=STEP   what has come since that step
    GET /api/runs/{name}/report              report.html, which can do no harm

A name is looked up in the list of what lies in the folder: no path is ever made of what a client sends. Only reads.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse

from slm.errors import SlmError
from slm.report import wording
from slm.report.collect import read_stage
from slm.report.html import content_policy
from slm.report.metrics import EvaluationPoint, Metrics, MetricsReader, Step, number
from slm.report.run_record import Samples, Stage
from slm.training.run_folder import RunFolder, list_runs

POINTS = 500
"""Of a curve at a time: more than a screen can show apart."""
EVENTS = 200
SHAPE = ("architecture", "n_layer", "n_head", "n_embd", "block_size", "vocab_size")
TRAINING = ("optimizer", "learning_rate", "schedule", "steps", "budget_seconds", "seed")
REFUSALS = {
    400: "after is no step", 401: "a key is needed", 403: "this server is not meant", 404: "there is no such run",
    409: "its run.json cannot be read",
}  # fmt: skip

# The report is a file of the run folder, which may come from elsewhere: it runs in an origin of its own, and of
# scripts only the one that slm writes; it reaches no address.
REPORT_HEADERS = {
    "Content-Security-Policy": f"sandbox allow-scripts; frame-ancestors 'none'; {content_policy()}; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def router(runs: Path) -> APIRouter:
    """The routes over the run folders in `runs`, which need not exist yet."""
    routes = APIRouter(prefix="/api/runs", tags=["runs"])
    shelf = _Shelf(Path(runs))

    @routes.get("", summary="The runs of this machine, the newest first", responses=_responses())
    def runs_there_are() -> Response:
        return _Json({"runs": [shelf.summary(run) for run in shelf.runs()]})

    @routes.get("/{name}", summary="One run: curves, stories, recipe", responses=_responses(404, 409))
    def run_in_full(name: str) -> Response:
        return shelf.answer(name, _details)

    @routes.get("/{name}/events", summary="What has come since a step", responses=_responses(400, 404))
    def what_is_new(name: str, after: Annotated[int, Query(ge=-1, le=2**53)] = -1) -> Response:
        run = shelf.find(name)
        return _unknown(name) if run is None else _Json(_news(run, shelf.metrics(run), after))

    @routes.get(
        "/{name}/report",
        summary="The report of a run, an HTML page",
        responses=_responses(404),
        response_class=HTMLResponse,
    )
    def report(name: str) -> Response:
        run = shelf.find(name)
        return _unknown(name) if run is None else _report(run)

    return routes


def _responses(*refusals: int) -> dict[int | str, dict[str, Any]]:
    """For /docs: what a route may answer besides what was asked for."""
    return {status: {"description": REFUSALS[status]} for status in (*refusals, 401, 403)}


class _Json(JSONResponse):
    """Text from files may hold halves of characters, which JSON can spell and UTF-8 cannot."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


class _Shelf:
    """The runs in a folder, with a reader for the metrics of each, so that a long file is not read again and again."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._readers: dict[str, MetricsReader] = {}
        self._lock = threading.Lock()

    def runs(self) -> list[RunFolder]:
        """The newest first. What has a name that no address can spell is left out."""
        try:
            found = list_runs(self._folder)
        except OSError:  # a run was removed while the list was made
            found = []
        return [run for run in found if _can_be_spelled(run.name)]

    def find(self, name: str) -> RunFolder | None:
        return next((run for run in self.runs() if run.name == name), None)

    def metrics(self, run: RunFolder) -> Metrics:
        with self._lock:
            reader = self._readers.setdefault(run.name, MetricsReader(run.metrics))
            try:
                return reader.read()
            except SlmError:
                return Metrics()

    def summary(self, run: RunFolder) -> dict[str, Any]:
        try:
            return _summary(run, read_stage(run.path, hashed=False, metrics=self.metrics(run)))
        except SlmError:
            return {"name": run.name, "stage": "", "state": "unreadable"}

    def answer(self, name: str, tell: Any) -> Response:
        run = self.find(name)
        if run is None:
            return _unknown(name)
        try:
            return _Json(tell(run, read_stage(run.path, hashed=False, metrics=self.metrics(run))))
        except SlmError:
            return _problem(409, f"the run {run.name!r} has a run.json that cannot be read; mend the file or remove it")


def _can_be_spelled(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _problem(status: int, message: str) -> Response:
    """An error in the shape of the other routes."""
    error = {"message": message, "type": "invalid_request_error", "param": "name", "code": None}
    return _Json({"error": error}, status_code=status)


def _unknown(name: str) -> Response:
    return _problem(404, f"expected the name of a run of this machine, got {name[:100]!r}; /api/runs lists them")


def _summary(run: RunFolder, stage: Stage) -> dict[str, Any]:
    """What the list tells of a run. `name` is the folder's, which addresses it, whatever the record says."""
    best, result = stage.metrics.best, stage.result_after
    return {
        "name": run.name,
        "stage": stage.stage,
        "state": _state(run),
        "created": stage.created if isinstance(stage.created, str) else None,
        "steps": stage.metrics.last_step,
        "planned_steps": stage.planned_steps,
        "best_validation_loss": best.validation_loss if best else None,
        "bits_per_byte": result.bits_per_byte if result else None,
        "parameters": stage.parameters,
    }


def _details(run: RunFolder, stage: Stage) -> dict[str, Any]:
    metrics = stage.metrics
    return {
        **_summary(run, stage),
        "message": stage.message,
        "parent": stage.parent.run if stage.parent else None,
        "training_seconds": stage.training_seconds,
        "tokens_seen": stage.tokens_seen,
        "recipe": _recipe(stage),
        "metrics": _curves(metrics.steps, metrics.evaluations),
        "events": [asdict(event) for event in metrics.events[-EVENTS:]],
        "events_so_far": len(metrics.events),
        "samples": [_samples(samples) for samples in stage.samples],
        "answers": [asdict(answers) for answers in stage.answers],
        "report": _has_report(run),
    }


def _recipe(stage: Stage) -> dict[str, Any]:
    """What a person wants to know of the recipe. Sources without the folders that they lie in."""
    model, training = (stage.recipe.get(part) for part in ("model", "training"))
    return {
        "description": str(stage.recipe.get("description") or ""),
        "tokenizer": wording.source(str(stage.recipe.get("tokenizer") or "")),
        "sources": [wording.source(name) for name in stage.sources],
        "synthetic": stage.synthetic,
        "train_tokens": number(dict(stage.data), "train_tokens"),
        "tokens_per_step": stage.tokens_per_step,
        "model": _chosen(model, SHAPE),
        "training": _chosen(training, TRAINING),
        "device": str(stage.frozen.get("device") or ""),
        "precision": str(stage.frozen.get("precision") or ""),
    }


def _chosen(record: Any, names: Sequence[str]) -> dict[str, Any]:
    if not isinstance(record, dict):
        return {}
    return {
        name: record[name] if isinstance(record[name], str) else number(record, name)
        for name in names
        if name in record
    }


def _samples(samples: Samples) -> dict[str, Any]:
    return {"step": samples.step, "items": [asdict(item) for item in samples.items]}


def _curves(steps: Sequence[Step], evaluations: Sequence[EvaluationPoint]) -> dict[str, Any]:
    return {
        "steps": [asdict(step) for step in thinned(steps, POINTS)],
        "evaluations": [asdict(point) for point in thinned(evaluations, POINTS)],
    }


def thinned(points: Sequence[Any], most: int) -> list[Any]:
    """At most `most` of these, evenly spaced, the first and the last among them. `most` is at least 2."""
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[round(place * last / (most - 1))] for place in range(most)]


def _news(run: RunFolder, metrics: Metrics, after: int) -> dict[str, Any]:
    """Steps after step `after` and evaluations from it on; the steps of all samples, and how many events there were:
    whoever holds other ones asks for the whole run again. So does who is ahead of it: the training went back."""
    return {
        "state": _state(run),
        "last_step": metrics.last_step,
        "went_back": after > metrics.last_step,
        "metrics": _curves(
            [step for step in metrics.steps if step.step > after],
            [point for point in metrics.evaluations if point.step >= after],  # written after the step's own line
        ),
        "events_so_far": len(metrics.events),
        "sample_steps": _sample_steps(run),
        "report": _has_report(run),
    }


def _state(run: RunFolder) -> str:
    try:
        return str(run.state())
    except (SlmError, OSError):
        return "unreadable"


def _sample_steps(run: RunFolder) -> list[int]:
    names = [path.stem.removeprefix("step-") for path in (run.path / "samples").glob("step-*.json")]
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def _has_report(run: RunFolder) -> bool:
    path = run.path / "report.html"
    return path.is_file() and not path.is_symlink()  # a link in a folder from elsewhere could lead to any file


def _report(run: RunFolder) -> Response:
    try:
        content = (run.path / "report.html").read_bytes() if _has_report(run) else None
    except OSError:
        content = None
    if content is None:
        return _problem(404, f"the run {run.name!r} has no report yet; slm report writes it")
    return Response(content, media_type="text/html; charset=utf-8", headers=REPORT_HEADERS)
