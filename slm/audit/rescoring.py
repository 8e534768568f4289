"""Scores shown again without the items that stand in the training text. Knows nothing about where they stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from slm.audit.held_out import HeldOut
from slm.evaluation.answers import Asked, scores_of
from slm.evaluation.bits_per_byte import DocumentLosses, bootstrap_interval
from slm.evaluation.intervals import percent_with_interval, with_interval
from slm.evaluation.multiple_choice import ChoiceResult, figures_of
from slm.evaluation.sections import Section, Table

Rows = list[tuple[str, str, str, str, str]]


def rescored(held: HeldOut, found: Sequence[bool]) -> tuple[Rows, dict[str, Any]]:
    """Rows of a table (measure, items, all, items left, without) and figures; `found` says which texts to leave out."""
    if held.items:
        return _choices(held, found)
    return _answers(held, found)


def _choices(held: HeldOut, found: Sequence[bool]) -> tuple[Rows, dict[str, Any]]:
    results = [ChoiceResult(item, tuple(line["log_likelihoods"]), bool(line.get("cut")))
               for item, line in zip(held.items, held.scores, strict=True)]  # fmt: skip
    left = [result for result, out in zip(results, found, strict=True) if not out]
    after = {row["dataset"]: row for row in figures_of(left)} if left else {}
    rows, figures = [], []
    for row in figures_of(results):
        other = after.get(row["dataset"])
        rows.append((f"{held.name}: {row['dataset']}, percent right", f"{row['items']:,}",
                     percent_with_interval(row["accuracy"]), f"{other['items']:,}" if other else "0",
                     percent_with_interval(other["accuracy"]) if other else "none"))  # fmt: skip
        figures.append({"dataset": row["dataset"], "all": row, "without": other})
    return rows, {"datasets": figures}


def _answers(held: HeldOut, found: Sequence[bool]) -> tuple[Rows, dict[str, Any]]:
    asked = [Asked(line["question"], tuple(line["references"])) for line in held.scores]
    texts = [line["answer"] for line in held.scores]
    kept = [place for place, out in enumerate(found) if not out]
    before = scores_of(texts, asked)
    after = scores_of([texts[n] for n in kept], [asked[n] for n in kept]) if kept else {}
    names = {"rouge_l": "ROUGE-L", "token_f1": "token F1"}
    rows = [
        (f"{held.name}: {names[key]}", f"{len(asked):,}", with_interval(*score.values()), f"{len(kept):,}",
         with_interval(*after[key].values()) if kept else "none")
        for key, score in before.items()
    ]  # fmt: skip
    return rows, {"all": before, "without": after, "items": len(asked), "left": len(kept)}


def rescored_bits(losses: DocumentLosses, found: Sequence[bool]) -> tuple[Rows, dict[str, Any]]:
    """The same of bits per byte; `losses` and `found` of the same documents."""
    left = ~np.asarray(found, bool)
    parts = [(losses.nats / math.log(2), losses.bytes), ((losses.nats / math.log(2))[left], losses.bytes[left])]
    figures = [
        {"documents": len(bits), "bits_per_byte": float(bits.sum() / size.sum()),
         "interval": bootstrap_interval(bits, size, 0)} if len(bits) else None
        for bits, size in parts
    ]  # fmt: skip
    said = [with_interval(one["bits_per_byte"], one["interval"]) if one else "none" for one in figures]
    row = ("validation: bits per byte", f"{len(left):,}", said[0], f"{left.sum():,}", said[1])
    return [row], {"all": figures[0], "without": figures[1]}


def rescored_section(rows: Rows, figures: dict[str, Any]) -> Section:
    table = Table(("measure", "items", "all", "left", "without those that were found"), tuple(rows))
    notes = (
        "The same scores over the items that stand in no training text, neither verbatim nor edited; in brackets the "
        "95 % interval. Where the two differ by more than chance, the first is too good.",
    )
    return Section("Scores without the overlapping items", (table,), notes, figures)
