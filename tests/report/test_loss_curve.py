"""The picture is whole, shows every line, and needs no global state of matplotlib."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from run_folders import WriteRun, event, run_record, step

from slm.errors import DataError
from slm.report.collect import read_metrics
from slm.report.curves import Axis, envelope, evenly, half_window, loss_axis, smoothed, usual_losses
from slm.report.loss_curve import draw_loss_curve, figure_of

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_picture_is_written_whole(stories: Path) -> None:
    (stories / "loss_curve.png").write_bytes(b"old")
    path = draw_loss_curve(stories)
    content = path.read_bytes()
    assert path == stories / "loss_curve.png"
    assert content.startswith(PNG) and b"IEND" in content[-12:]
    assert int.from_bytes(content[16:20], "big") == 1440 and int.from_bytes(content[20:24], "big") == 960
    assert not list(stories.glob("*.tmp")) + list(stories.glob(".*tmp"))


def test_a_failed_write_keeps_the_old_picture(stories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_loss_curve(stories)
    before = (stories / "loss_curve.png").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("slm.atomic_write.os.replace", full)
    with pytest.raises(DataError, match="No space left"):
        draw_loss_curve(stories)
    assert (stories / "loss_curve.png").read_bytes() == before


def test_all_lines_are_drawn(stories: Path) -> None:
    losses, rate = figure_of(read_metrics(stories / "metrics.jsonl"), "stories").axes
    lines = {line.get_label(): line for line in losses.lines}
    assert len(lines["train, each step"].get_xdata()) == 20
    assert list(lines["validation, estimated"].get_ydata()) == [2.5, 2.25]
    assert list(lines["train, estimated"].get_ydata()) == [2.0, 2.0]
    texts = [text.get_text() for text in losses.texts]
    assert "best 2.250 at step 20" in texts and "resumed" in texts
    assert losses.get_yscale() == "log"  # from 10 to 0.5
    assert "nats per token" in losses.get_ylabel() and rate.get_ylabel() == "learning rate"
    assert len(rate.lines[0].get_xdata()) == 20


def test_the_usual_loss_stands_behind_that_of_a_run_that_knows_its_text(stories: Path) -> None:
    metrics = read_metrics(stories / "metrics.jsonl")
    without, known = (figure_of(metrics, "", entropy).axes[0] for entropy in (None, 6.0))
    assert not without.collections
    (band,) = known.collections
    assert band.get_label() == "usual, before the decay"
    low, usual, high = (row[0] for row in zip(*[row[1:] for row in usual_losses(metrics, 6.0)], strict=True))
    assert low < usual < high <= 6.0 * 1.3
    assert usual_losses(metrics, None) == []


def test_a_run_without_steps_says_so(write_run: WriteRun) -> None:
    folder = write_run(run_record("new", "pretraining", state="running"))
    assert draw_loss_curve(folder).read_bytes().startswith(PNG)
    losses, _ = figure_of(read_metrics(folder / "metrics.jsonl"), "").axes
    assert [text.get_text() for text in losses.texts] == ["no steps yet"]


@pytest.mark.parametrize("loss", [0.0, 3.0])
def test_one_step_or_equal_losses_can_be_drawn(write_run: WriteRun, loss: float) -> None:
    for name, lines in (("one", [step(1, loss)]), ("equal", [step(n, loss) for n in range(1, 5)])):
        folder = write_run(run_record(name, "pretraining"), [*lines, event(1, "skipped")])
        assert draw_loss_curve(folder).stat().st_size > 10_000


def test_no_run_no_picture(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        draw_loss_curve(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pyplot_is_never_loaded(stories: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from slm.report.loss_curve import draw_loss_curve;"
        f"draw_loss_curve(Path({str(stories)!r})); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_smoothing_is_a_mean_that_starts_at_the_first_value() -> None:
    values = [9.0, 5.0, 1.0, 1.0, 4.0, 1.0]
    assert smoothed(values, 1) == pytest.approx([9.0, 5.0, 7 / 3, 2.0, 2.0, 2.5])
    assert smoothed(values, 0) == pytest.approx(values)
    assert smoothed([], 3) == []
    assert half_window(1000) == 20 and half_window(30) == 0


def test_the_envelope_keeps_every_extreme() -> None:
    points = [(float(n), float((n * 37) % 101)) for n in range(5000)]
    kept = envelope(points, 200)
    assert len(kept) <= 200
    assert kept == sorted(kept) and set(kept) <= set(points)
    assert {y for _, y in kept} >= {0.0, 100.0}
    assert envelope(points[:50], 200) == points[:50]


def test_even_choices_keep_both_ends() -> None:
    chosen = evenly(list(range(1000)), 7)
    assert len(chosen) == 7 and (chosen[0], chosen[-1]) == (0, 999)


@pytest.mark.parametrize(("low", "high"), [(1.2, 10.8), (0.02, 11.0), (2.31, 2.34), (0.0, 720.0), (1.0, 40_000.0)])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_ticks_are_few_round_and_inside(low: float, high: float, logarithmic: bool) -> None:
    if logarithmic and low == 0:
        return
    axis = Axis(low, high, logarithmic)
    ticks = axis.ticks(5)
    assert (0 if logarithmic and high / low < 1.1 else 2) <= len(ticks) <= 8
    assert all(low <= tick <= high for tick in ticks) and ticks == sorted(ticks)
    assert axis.at(low) == pytest.approx(0) and axis.at(high) == pytest.approx(1)


def test_a_loss_that_falls_far_is_drawn_by_ratio() -> None:
    assert loss_axis([10.8, 1.2]).logarithmic
    assert not loss_axis([3.5, 2.0]).logarithmic
    assert not loss_axis([3.0, 0.0]).logarithmic
