"""What a person sees while a command works: messages, a live progress line, the question before a long run.

Everything here goes to standard error, so that standard output holds results alone.
"""

from __future__ import annotations

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from slm.errors import Stopped
from slm.training.observer import Estimate, Observer

LONG_RUN_SECONDS = 30 * 60
SECONDS_BETWEEN_LINES = 15  # where there is no terminal to draw on

console = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    console.print(Text(text), soft_wrap=True)


def duration(seconds: float) -> str:
    """'1 h 05 min', '3 min 20 s', '12 s'."""
    seconds = round(seconds)
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
    return f"{seconds // 60} min {seconds % 60:02d} s" if seconds >= 60 else f"{seconds} s"


class ConsoleObserver(Observer):
    """Draws the progress line of a run on a terminal; writes a line now and then where there is none."""

    def __init__(self, yes: bool = False, shorter: str = "slm run quick"):
        self._yes, self._shorter = yes, shorter
        self._progress: Progress | None = None
        self._last_line = 0.0
        self._what = ""

    def started(self, step: int, steps: int, tokens_per_step: int, by_clock: bool = False) -> None:
        self._first, self._steps, self._began = step, steps, time.perf_counter()
        self._step, self._micro, self._tokens_per_step = step, 0, tokens_per_step
        self._figures = ""
        how_many = "until the time is over, in steps of up to" if by_clock else f"{steps - step} steps of"
        say(f"training: {how_many} {tokens_per_step:,} tokens")
        self._draw("training", step, steps)

    def tokens_done(self, tokens: int) -> None:
        self._micro += tokens
        share = min(0.99, self._micro / self._tokens_per_step)
        self._update(self._step + share)

    def step(self, step: int, **metrics: float | None) -> None:
        self._step, self._micro = step, 0
        loss = "loss not finite" if metrics["loss"] is None else f"loss {metrics['loss']:.3f}"
        rate, speed = metrics["learning_rate"], metrics["tokens_per_second"]
        self._steps = metrics.get("steps", self._steps)
        left = (time.perf_counter() - self._began) / (step - self._first) * (self._steps - step)
        if metrics.get("expected"):
            loss += f" (usual {metrics['expected']:.2f})"
        self._figures = f"{loss}  lr {rate:.1e}  {speed:,.0f} tok/s  {duration(left)} left"
        self._update(step)
        if not console.is_terminal and time.perf_counter() - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = time.perf_counter()
            say(f"step {step}/{self._steps}  {self._figures}")

    def evaluated(self, step: int, best: bool, **losses: float) -> None:
        figures = ", ".join(f"{name.replace('_', ' ')} {loss:.3f}" for name, loss in losses.items())
        say(f"step {step}: {figures}{'  (best)' if best else ''}")

    def working(self, what: str, done: int, total: int) -> None:
        if self._what != what or self._progress is None:
            if self._what != what:
                self._work_began, self._work_from = time.perf_counter(), done
                self._last_line = self._work_began
            self._draw(what, 0, total)
        self._figures = self._time_left(done, total)
        self._update(done)
        if not console.is_terminal and time.perf_counter() - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = time.perf_counter()
            say(f"{what} {done}/{total}  {self._figures}")
        if done >= total:
            self._erase()
            self._what = ""

    def _time_left(self, done: int, total: int) -> str:
        """'12 s left' by the pace so far, '' before there is one."""
        seconds = time.perf_counter() - self._work_began
        if seconds < 2 or done <= self._work_from:
            return ""
        return f"{duration(seconds / (done - self._work_from) * (total - done))} left"

    def message(self, text: str) -> None:
        say(text)

    def example(self, pieces: list[tuple[str, bool]]) -> None:
        say("one record; what is trained on is green:")
        console.print(Text.assemble(*((text, "green" if trained else "dim") for text, trained in pieces)))

    def finished(self) -> None:
        self._erase()

    def estimated(self, estimate: Estimate) -> None:
        if estimate.seconds <= LONG_RUN_SECONDS:
            return
        from slm.device import peak_memory_bytes

        say(
            f"this stage will take about {duration(estimate.seconds)} (measured over its first 20 s), "
            f"{estimate.disk_bytes / 1e9:.1f} GB of disk and {peak_memory_bytes() / 1e9:.1f} GB of memory; shorter: "
            f"{self._shorter}"
        )
        if self._yes:
            return
        self._erase()
        if not (sys.stdin.isatty() and console.is_terminal):
            raise Stopped(
                "not started on so long a run without being told to: add --yes, or take the shorter way", exit_code=2
            )
        if console.input("go on? [y/N] ").strip().lower() not in ("y", "yes"):
            raise Stopped("not started; nothing was lost", exit_code=2)
        self._began = time.perf_counter()
        self._draw("training", self._step, self._steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._erase()

    def _draw(self, what: str, done: float, total: float) -> None:
        self._erase()
        self._what = what
        if console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[count]}  {task.fields[figures]}"),
            )
            self._progress = Progress(*columns, console=console, transient=True)
            self._task = self._progress.add_task(
                what, total=total, completed=done, count=f"{done:.0f}/{total}", figures=""
            )
            self._progress.start()

    def _update(self, done: float) -> None:
        if self._progress is not None:
            total = self._steps if self._what == "training" else self._progress.tasks[0].total
            count = f"{int(done)}/{total:.0f}"
            self._progress.update(self._task, completed=done, total=total, count=count, figures=self._figures)

    def _erase(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
