"""What tuning gained and what it cost: bits per byte before and after, as the run of a tuned model has them on record.

Measures nothing itself: `slm finetune` did, on the same documents before and after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slm.evaluation.intervals import with_interval
from slm.evaluation.sections import Mark, Plot, Row, Section, Table


def forgetting_section(evaluation: Mapping[str, Any], title: str) -> Section | None:
    """The table of a run's evaluation.json; None where that has no figures of the base domain from both moments."""
    forgetting = evaluation.get("forgetting")
    if not forgetting:
        return None
    moments: dict[tuple[str, str], dict[str, Any]] = {}
    for result in evaluation["results"]:
        name = result["title"].removesuffix(", held out")
        moments.setdefault((name, result["scored"]), {})[result["moment"]] = result
    scores = {key: pair for key, pair in moments.items() if pair.keys() == {"before", "after"}}
    allowed, rise = forgetting["tolerance"], forgetting["rise"]
    rows = tuple(
        (name, *(with_interval(pair[moment]["bits_per_byte"], pair[moment]["interval"]) for moment in pair),
         f"{100 * (pair['after']['bits_per_byte'] / pair['before']['bits_per_byte'] - 1):+.1f} %",
         "" if scored == "responses" or allowed is None else f"{100 * allowed:+.1f} %")
        for (name, scored), pair in scores.items()
    )  # fmt: skip
    kept = "within" if allowed is None or rise <= allowed else "MORE THAN"
    within = "" if allowed is None else f", {kept} the {100 * allowed:g} % allowed"
    notes = (
        f"Forgetting: the bits per byte of the base domain changed by {100 * rise:+.1f} %{within}.",
        "Bits per byte of held-out text, lower is better, in brackets the 95 % interval over documents; measured by "
        "slm finetune before and after. Responses are what the tuning was for, documents what the model knew before.",
    )
    plot = Plot("bits per byte", tuple(
        Row(name, _mark(pair["after"]), _mark(pair["before"])) for (name, _), pair in scores.items()
    ), "after", "before", moments=True)  # fmt: skip
    figures = {"forgetting": forgetting, "scores": [pair[moment] for pair in scores.values() for moment in pair]}
    table = Table(("held out", "before", "after", "change", "allowed"), rows)
    return Section(title, (table,), notes, figures, (plot,))


def _mark(result: Mapping[str, Any]) -> Mark:
    return Mark(result["bits_per_byte"], *result["interval"])
