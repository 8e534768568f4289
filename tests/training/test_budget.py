"""Running time without suspensions, and how far a run has come by what is left of its budget."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from tiny_training import Clock

from slm.training import budget as budget_module
from slm.training.budget import HEARTBEAT_SECONDS, SUSPENDED_SECONDS, Budget, RunningTime, seconds_since_start

ROOT = Path(__file__).parents[2]
ANSWERS = """
import sys
from slm.training.budget import RunningTime
running = RunningTime(already=0.0)
for line in sys.stdin:
    print(running(), flush=True)
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux says when a process began")


def running_over(*gaps: float) -> float:
    """What a clock counts that was looked at after each of these gaps."""
    clock = Clock(1000.0)
    running = RunningTime(clock, already=0.0, beat=False)
    for gap in gaps:
        clock.now += gap
        running()
    return running()


# Running time


def test_time_counts_from_when_it_began() -> None:
    assert running_over() == 0.0
    assert running_over(1.0, 2.5, 0.25) == pytest.approx(3.75)


def test_a_suspension_does_not_count() -> None:
    assert running_over(1.0, SUSPENDED_SECONDS, 1.0) == pytest.approx(2.0)
    assert running_over(1.0, 7 * 3600.0, 1.0, 60.0) == pytest.approx(2.0)


def test_a_short_gap_does() -> None:
    """A busy machine, or a long step in one call that lets no other thread run."""
    assert running_over(SUSPENDED_SECONDS - 0.01, 4.0) == pytest.approx(SUSPENDED_SECONDS + 3.99)


def test_many_looks_count_no_more_than_one() -> None:
    assert running_over(*[HEARTBEAT_SECONDS] * 400) == pytest.approx(400 * HEARTBEAT_SECONDS)


def test_what_the_process_ran_before_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget_module, "seconds_since_start", lambda: 3.0)
    assert RunningTime(Clock(), beat=False)() == 3.0
    assert RunningTime(Clock(), already=0.5, beat=False)() == 0.5


def test_without_a_look_the_heartbeat_looks() -> None:
    """Else a long step would be taken for a suspension."""
    running, looked = RunningTime(already=0.0, beat=False), []

    class Enough(Exception):
        pass

    def sleep(seconds: float) -> None:
        looked.append(seconds)
        if len(looked) > 3:
            raise Enough

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Enough):
        patch.setattr(budget_module.time, "sleep", sleep)
        running._beat()
    assert looked == [HEARTBEAT_SECONDS] * 4 and HEARTBEAT_SECONDS < SUSPENDED_SECONDS / 4


@needs_proc
def test_a_process_knows_how_long_ago_it_began() -> None:
    code = "import time; time.sleep(0.3); from slm.training.budget import seconds_since_start as s; print(s())"
    began = time.monotonic()
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    assert 0.28 < float(said) < time.monotonic() - began + 0.02  # the system counts in hundredths
    assert 0 < seconds_since_start() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_where_the_system_does_not_say_time_begins_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", nothing)
    assert seconds_since_start() == 0.0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="there is no way to suspend a process")
def test_a_suspended_process_does_not_count() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ANSWERS], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )

    def asked() -> float:
        process.stdin.write("\n")
        return float(process.stdout.readline())

    before, began = asked(), time.monotonic()
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(SUSPENDED_SECONDS + 1.5)
    os.kill(process.pid, signal.SIGCONT)
    after, took = asked(), time.monotonic() - began
    process.stdin.close()
    assert process.wait() == 0
    assert 0 <= after - before < took - SUSPENDED_SECONDS


# Budgets


def test_a_run_is_done_at_its_deadline() -> None:
    clock = Clock()
    budget = Budget(100.0, clock)
    assert budget.share_done(0.0) == 0.0 and budget.left_for_training == 100.0
    clock.now = 25.0
    assert budget.share_done(25.0) == 0.25
    clock.now = 100.0
    assert budget.share_done(100.0) == 1.0
    clock.now = 150.0
    assert budget.share_done(150.0) == 1.0 and budget.left_for_training == 0.0


@pytest.mark.parametrize(("begins", "reserve", "before"), [(0.0, 0.0, 0.0), (5.0, 10.0, 0.0), (3.0, 10.0, 40.0)])
def test_the_share_grows_from_0_to_1_over_the_time_that_is_there(begins: float, reserve: float, before: float) -> None:
    clock = Clock()
    budget = Budget(100.0, clock, before=before, reserve=reserve)
    ends = 100.0 - reserve - before
    shares = []
    for number in range(101):
        clock.now = begins + (ends - begins) * number / 100
        shares.append(budget.share_done(clock.now - begins))
        assert budget.spent == pytest.approx(before + clock.now)
    assert shares == pytest.approx([number / 100 for number in range(101)])


def test_what_is_kept_back_later_brings_the_end_nearer_and_never_turns_back() -> None:
    clock, shares = Clock(), []
    budget = Budget(100.0, clock)
    for now in range(0, 100, 2):
        clock.now = float(now)
        budget.reserve += 0.2  # estimates turn out to be slow
        shares.append(budget.share_done(float(now)))
    assert all(later > earlier or later == 1.0 for earlier, later in pairwise(shares))
    assert shares[40] > 80 / 100 and shares[-1] == 1.0


def test_nothing_is_left_of_a_budget_that_was_spent_before() -> None:
    clock = Clock(1.0)
    budget = Budget(10.0, clock, before=9.5)
    assert (budget.left_for_training, budget.share_done(8.0)) == (0.0, 1.0)
