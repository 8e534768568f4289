"""Multiple choice by log-likelihood: the option is taken that the model finds likeliest after the question.

What the options of a question have in common is computed once, and the options of several questions go through
together. Works on a GPT in float32 (torch, any device) and on any engine, token by token.
(B questions, R rows: options of all of them, P tokens in common, T tokens of an option, C channels.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from slm.errors import ModelError
from slm.evaluation.choice_items import ChoiceItem
from slm.evaluation.choice_prompts import Prompted
from slm.evaluation.intervals import percent_with_interval, share_of
from slm.evaluation.sections import Mark, Plot, Row, Section, Table, percent_mark
from slm.model.sampling import log_probabilities

if TYPE_CHECKING:
    from slm.model.gpt import GPT

ROOM = 4096  # rows x tokens that are worked on together: bounds the memory that keys and values take
ALL = "all"


@dataclass(frozen=True)
class ChoiceResult:
    """The log-likelihoods (O,), in nats, of an item's options."""

    item: ChoiceItem
    log_likelihoods: tuple[float, ...]
    cut: bool

    @property
    def chosen(self) -> int:
        return int(np.argmax(self.log_likelihoods))

    @property
    def chosen_per_byte(self) -> int:
        return self._chosen([len(option.encode()) for option in self.item.options])

    @property
    def chosen_per_character(self) -> int:
        return self._chosen([len(option) for option in self.item.options])

    def _chosen(self, lengths: list[int]) -> int:
        return int(np.argmax(np.array(self.log_likelihoods) / np.array(lengths, np.float64)))

    def as_dict(self) -> dict[str, Any]:
        """One line of the items' file."""
        item = self.item
        return {
            "dataset": item.dataset, "id": item.id, "gold": item.letters[item.gold],
            "chosen": item.letters[self.chosen], "chosen_per_byte": item.letters[self.chosen_per_byte],
            "log_likelihoods": [round(value, 5) for value in self.log_likelihoods], "cut": self.cut,
        }  # fmt: skip


def score_choices(
    model: Any, items: Sequence[Prompted], progress: Callable[[int, int], None] = lambda done, total: None,
    room: int = ROOM,
) -> list[ChoiceResult]:  # fmt: skip
    """The results of items, in their order. `model` is a GPT or an `Engine`; `room` bounds memory alone.

    Raises ModelError where a log-likelihood is no finite number.
    """
    batches = list(_batches(items, room) if hasattr(model, "transformer") else _by_slots(items, model.slots))
    score = _score_by_model if hasattr(model, "transformer") else _score_by_engine
    found: dict[int, list[float]] = {}
    done = 0
    # In no order of length, so that the time left can be told from the time taken.
    for number in np.random.default_rng(0).permutation(len(batches)):
        places = batches[number]
        found |= zip(places, score(model, [items[place] for place in places]), strict=True)
        done += len(places)
        progress(done, len(items))
    results = [ChoiceResult(item.item, tuple(found[n]), item.cut) for n, item in enumerate(items)]
    if not all(np.isfinite(result.log_likelihoods).all() for result in results):
        raise ModelError("expected finite log-likelihoods, the model gave others: are its weights whole?")
    return results


def _batches(items: Sequence[Prompted], room: int) -> Iterable[list[int]]:
    """Places of items with equally many tokens in common, so that no row needs padding in front."""
    batch: list[int] = []
    rows = 0
    for place in sorted(range(len(items)), key=lambda place: (items[place].shared, max(map(len, items[place].ids)))):
        item = items[place]
        longest = max(map(len, item.ids))
        other = batch and items[batch[0]].shared != item.shared
        if batch and (other or (rows + len(item.ids)) * longest > room):
            yield batch
            batch, rows = [], 0
        batch.append(place)
        rows += len(item.ids)
    if batch:
        yield batch


def _score_by_model(model: GPT, batch: list[Prompted]) -> list[list[float]]:
    import torch

    with torch.no_grad():
        losses, counts = _row_losses(model.eval(), batch)
    sums = [float(-part.sum()) for part in np.split(losses, np.cumsum(counts)[:-1])]
    return _per_item(batch, sums)


def _row_losses(model: GPT, batch: list[Prompted]) -> tuple[np.ndarray, list[int]]:
    """The losses, in nats, of all scored tokens, row after row, and how many there are in each row."""
    import torch

    from slm.model.kv_cache import KVCache
    from slm.model.loss import linear_cross_entropy_rows

    weight, P = model.transformer.wte.weight, batch[0].shared
    device = weight.device
    rows = [(place, item.start, ids) for place, item in enumerate(batch) for ids in item.ids]
    T = max(len(ids) for _, _, ids in rows) - 1 - P  # of tokens that are fed after those in common
    config = replace(model.config, block_size=P + T)
    cache = KVCache(config, len(batch), device, weight.dtype)
    common = torch.tensor([item.ids[0][:P] for item in batch], device=device)  # (B, P)
    owners = torch.tensor([place for place, _, _ in rows], device=device)
    features = model.features(common, cache)[owners, -1:]  # (R, 1, C)
    if T:
        wide = KVCache(config, 0, device, weight.dtype)
        wide.room, wide.length = cache.room[:, :, owners], P
        fed = torch.tensor([[*ids[P:-1], *[0] * (P + T + 1 - len(ids))] for _, _, ids in rows], device=device)
        features = torch.cat((features, model.features(fed, wide)), dim=1)  # (R, 1 + T, C): [k] predicts ids[P + k]
    wanted = [(n, k) for n, (_, start, ids) in enumerate(rows) for k in range(start - P, len(ids) - P)]
    targets = torch.tensor([rows[n][2][P + k] for n, k in wanted], device=device)
    numbers, places = torch.tensor(wanted, device=device).T
    losses = linear_cross_entropy_rows(features[numbers, places], weight, targets)
    return losses.double().cpu().numpy(), [len(ids) - start for _, start, ids in rows]


def _by_slots(items: Sequence[Prompted], slots: int) -> Iterable[list[int]]:
    """Places of items whose options fit into an engine's slots together, one slot being needed for what is shared."""
    batch: list[int] = []
    rows = 0
    for place in sorted(range(len(items)), key=lambda place: max(map(len, items[place].ids))):
        count = len(items[place].ids)
        if batch and rows + count + 1 > slots:
            yield batch
            batch, rows = [], 0
        batch.append(place)
        rows += count
    if batch:
        yield batch


def _score_by_engine(engine: Any, batch: list[Prompted]) -> list[list[float]]:
    if max(len(item.ids) for item in batch) + 1 > engine.slots:  # more options than slots: one by one
        return [[_alone(engine, ids, item.start) for ids in item.ids] for item in batch]
    rows, sums = {}, []
    for item in batch:
        common = engine.open()
        logits = engine.extend({common: item.ids[0][: item.shared]})[0].copy()
        for ids in item.ids:
            sums.append(_one(logits, ids[item.shared]) if item.shared == item.start else 0.0)
            if len(ids) > item.shared + 1:
                rows[engine.fork(common, item.shared)] = (len(sums) - 1, item, ids)
        engine.close(common)
    step = 0
    while rows:
        for sequence, (_, item, ids) in list(rows.items()):
            if item.shared + step + 1 >= len(ids):
                engine.close(sequence)
                del rows[sequence]
        if rows:
            logits = engine.extend({sequence: [ids[item.shared + step]] for sequence, (_, item, ids) in rows.items()})
            for row, (number, item, ids) in zip(logits, rows.values(), strict=True):
                place = item.shared + step + 1
                sums[number] += _one(row, ids[place]) if place >= item.start else 0.0
        step += 1
    return _per_item(batch, sums)


def _alone(engine: Any, ids: Sequence[int], start: int) -> float:
    logits = engine.logits(ids[:-1])
    return sum(_one(logits[place - 1], ids[place]) for place in range(start, len(ids)))


def _one(logits: np.ndarray, token: int) -> float:
    return float(log_probabilities(logits)[token])


def _per_item(batch: list[Prompted], sums: list[float]) -> list[list[float]]:
    remaining = iter(sums)
    return [[next(remaining) for _ in item.ids] for item in batch]


# Figures


def figures_of(results: Sequence[ChoiceResult]) -> list[dict[str, Any]]:
    """Accuracies with Wilson's 95 % intervals and what they are to be compared with, per data set, and of all together
    where there are several."""
    names = list(dict.fromkeys(result.item.dataset for result in results))
    parts = [(name, [result for result in results if result.item.dataset == name]) for name in names]
    return [_figures(name, part) for name, part in (parts if len(parts) == 1 else [*parts, (ALL, list(results))])]


def _figures(name: str, results: list[ChoiceResult]) -> dict[str, Any]:
    count = len(results)
    golds = Counter(result.item.letters[result.item.gold] for result in results)
    letter, most = min(golds.items(), key=lambda pair: (-pair[1], pair[0]))
    right = {
        "accuracy": sum(result.chosen == result.item.gold for result in results),
        "accuracy_per_byte": sum(result.chosen_per_byte == result.item.gold for result in results),
        "accuracy_per_character": sum(result.chosen_per_character == result.item.gold for result in results),
    }
    return {
        "dataset": name, "items": count, "cut": sum(result.cut for result in results),
        **{key: share_of(n, count) for key, n in right.items()},
        "first_option": sum(result.item.gold == 0 for result in results) / count,
        "majority": {"share": most / count, "letter": letter},
        "chance": sum(1 / len(result.item.options) for result in results) / count,
    }  # fmt: skip


def choice_section(results: Sequence[ChoiceResult], left_out: int, engine: str, title: str) -> Section:
    """The table of a measure. `left_out`: items with an option that is longer than the model's context."""
    figures = figures_of(results)
    columns = ("data set", "items", "right", "by length", "first", "majority", "chance")
    rows = tuple(
        (
            row["dataset"], f"{row['items']:,}", percent_with_interval(row["accuracy"]),
            percent_with_interval(row["accuracy_per_byte"]), _percent(row["first_option"]),
            f"{_percent(row['majority']['share'])} ({row['majority']['letter']})", _percent(row["chance"]),
        )
        for row in figures
    )  # fmt: skip
    cut = sum(result.cut for result in results)
    notes = [
        "In percent, in brackets Wilson's 95 % interval. Right: how often the option was right that is likeliest after "
        "the question, as a sum over its tokens; by length: that sum per byte of the option. First: always the first "
        "option; majority: always the letter that is right most often in these very items; chance: any option.",
        f"Computed by {engine}.",
    ]
    if cut:
        notes.append(f"{cut:,} of {len(results):,} questions are longer than the model's context: cut at their left.")
    if left_out:
        notes.append(f"{left_out:,} more have an option that is longer than the model's context: left out.")
    plot = Plot("percent right", tuple(
        Row(row["dataset"], percent_mark(row["accuracy"]), Mark(100 * row["majority"]["share"])) for row in figures
    ), "the model", "the majority answer")  # fmt: skip
    kept = {"engine": engine, "datasets": figures}
    return Section(title, (Table(columns, rows),), tuple(notes), kept, (plot,))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
