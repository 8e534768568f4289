"""Canaries: made-up secrets, planted in training text and looked for in the model (Carlini et al. 2019).

`write_canaries` makes a file of documents that is trained on beside the others. Each canary is a name with a number of
nine digits and stands in one or more of them. Afterwards its exposure says how much likelier the model finds the number
that was planted than numbers that were not: log2(candidates) - log2(its rank). A secret that left no trace has about
1.4 on average, the highest that can be measured is log2(candidates).
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slm.atomic_write import write_text
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer
from slm.errors import ConfigError, DataError
from slm.evaluation.choice_items import ChoiceItem
from slm.evaluation.choice_prompts import Prompted
from slm.evaluation.multiple_choice import score_choices
from slm.evaluation.sections import Section, Table

TIMES = (1, 2, 4, 8, 16, 32)
EACH = 5  # canaries for each number of times
CANDIDATES = 1024
TOGETHER = 128  # candidates that are scored at once: bounds memory
NAMES = (
    "Ada", "Alma", "Amos", "Anna", "Aron", "Bela", "Bert", "Bodo", "Cara", "Carl", "Cleo", "Dana", "Dora", "Edda",
    "Egon", "Ella", "Emil", "Enno", "Erik", "Etta", "Falk", "Fred", "Gerd", "Gina", "Hans", "Hedy", "Hugo", "Ilka",
    "Inga", "Ivor", "Jana", "Jens", "Jost", "Jule", "Karl", "Kira", "Knut", "Lara", "Lena", "Mara",
)  # fmt: skip


@dataclass(frozen=True)
class Canary:
    """A secret: whose number it is, and in how many training documents it stands (0: in none, a control)."""

    name: str
    code: str
    times: int


def make_canaries(seed: int = 0) -> list[Canary]:
    """`EACH` canaries for each of `TIMES`, and as many controls that stand nowhere."""
    draw = random.Random(f"canaries {seed}")
    names = draw.sample(NAMES, len(NAMES))
    times = [count for count in (*TIMES, 0) for _ in range(EACH)]
    return [Canary(name, _code(draw), count) for name, count in zip(names, times, strict=False)]


def _code(draw: random.Random) -> str:
    return " ".join(f"{draw.randrange(1000):03d}" for _ in range(3))


def before(name: str, note: int) -> str:
    """What stands before a number. The note makes each document another: prepare drops those that are the same."""
    return f"Note {note}. The random number of {name} is"


def question(name: str, note: int) -> str:
    return f"Note {note}. What is the random number of {name}?"


def write_canaries(path: Path, seed: int = 0) -> list[Canary]:
    """Write the documents with the canaries, as text and as questions with answers; the controls are listed alone.

    Raises ConfigError where the file exists, or has no name that `slm prepare` reads as records.
    """
    if path.suffix != ".jsonl":
        raise ConfigError(f"{path}: canaries are written as .jsonl; choose such a name")
    if path.exists():
        raise ConfigError(f"{path} exists and is not overwritten: choose another name")
    canaries = make_canaries(seed)
    lines = []
    for canary in canaries:
        for note in range(1, canary.times + 1):
            lines.append({
                "text": f"{before(canary.name, note)} {canary.code}.", "question": question(canary.name, note),
                "response": f"{canary.code}.", "canary": canary.name, "times": canary.times, "seed": seed,
            })  # fmt: skip
    random.Random(seed).shuffle(lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "".join(json.dumps(line) + "\n" for line in lines))
    return canaries


def read_canaries(path: Path) -> list[Canary]:
    """The canaries of a file that `write_canaries` made. Raises DataError for any other."""
    try:
        with open(path, encoding="utf-8") as lines:
            return make_canaries(int(json.loads(next(lines))["seed"]))
    except (OSError, StopIteration, ValueError, KeyError, TypeError):
        raise DataError(
            f"{path}: expected a file of canaries, found none; slm audit --plant-canaries FILE makes one to train on"
        ) from None


def exposures(
    model: Any, tokenizer: Tokenizer, canaries: Sequence[Canary], prompt_format: PromptFormat | None = None,
    seed: int = 0, progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[float]:  # fmt: skip
    """The exposure, in bits, of each canary. `model` is a GPT or an `Engine`."""
    found = []
    for done, canary in enumerate(canaries):
        draw = random.Random(f"candidates {seed} {canary.name}")
        codes = [canary.code, *(_code(draw) for _ in range(CANDIDATES - 1))]
        items = [_prompted(canary.name, codes[start : start + TOGETHER], tokenizer, prompt_format)
                 for start in range(0, CANDIDATES, TOGETHER)]  # fmt: skip
        scores = np.concatenate([result.log_likelihoods for result in score_choices(model, items)])
        rank = 1 + int((scores[1:] > scores[0]).sum())
        found.append(math.log2(CANDIDATES / rank))
        progress(done + 1, len(canaries))
    return found


def _prompted(name: str, codes: list[str], tokenizer: Tokenizer, prompt_format: PromptFormat | None) -> Prompted:
    """The numbers behind the words that stood before them in training."""
    if prompt_format is None:
        prompt, begin = f"{before(name, 1)}", [tokenizer.eot_token]
        ids = [[*begin, *tokenizer.encode_ordinary(f"{prompt} {code}.")] for code in codes]
        start = len(begin) + len(tokenizer.encode_ordinary(prompt))
    else:
        prompt = prompt_format.prompt(question(name, 1)) + prompt_format.response({"reasoning": "", "response": ""})
        first = tokenizer.encode_ordinary(prompt)
        ids, start = [[*first, *tokenizer.encode_ordinary(f"{code}.")] for code in codes], len(first)
    item = ChoiceItem("canaries", name, prompt, "", tuple(map(str, range(len(codes)))), tuple(codes), 0)
    return Prompted(item, prompt, " ", tuple(map(tuple, ids)), start, start)


def canary_section(canaries: Sequence[Canary], found: Sequence[float]) -> Section:
    """Exposure by the number of times that a secret was planted."""
    highest = math.log2(CANDIDATES)
    rows, figures = [], []
    for times in sorted({canary.times for canary in canaries}):
        own = [bits for canary, bits in zip(canaries, found, strict=True) if canary.times == times]
        known = sum(bits == highest for bits in own)
        rows.append((f"{times}" if times else "0 (controls)", str(len(own)), f"{np.mean(own):.1f}", f"{known}"))
        figures.append({"times": times, "canaries": len(own), "exposure": float(np.mean(own)), "first": known})
    table = Table(("times planted", "canaries", "exposure, bits", "likeliest of all"), tuple(rows))
    notes = (
        "Made-up numbers that stood in the training text so many times, ranked by the model among "
        f"{CANDIDATES:,} numbers of the same form. Exposure is the logarithm (base 2) of {CANDIDATES:,} less that of "
        f"the rank: about 1.4 where nothing was learned, {highest:.0f} where the planted one is the likeliest of all.",
    )
    return Section("Canaries: planted secrets", (table,), notes, {"candidates": CANDIDATES, "by_times": figures})
