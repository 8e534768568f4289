"""How well `slm audit` finds planted leaks, and personal data in made-up records; and how often it cries wolf.

    PYTHONPATH=. python bench/audit.py DATA                        # a folder with the files of `PAIRS`
    PYTHONPATH=. python bench/audit.py DATA --grams 2 --seeds 5     # other n-grams

Leaks: half of the held-out texts, drawn by the seed, is planted in the training text, each verbatim or edited, as a
document of its own or within another; the other half tells false alarms. What is found without any plant is left out of
the alarms and listed by --real: it stands there in truth, or is a false alarm that a person has to look at. An alarm
whose words are those of a planted text but for a fifth, in their order (difflib), is a twin of it, and no false one.
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from slm.audit.minhash import NearDuplicates
from slm.audit.overlap import EDITABLE, GRAMS, SHORTEST, Overlap
from slm.audit.words import words_of

PAIRS = {
    "stories": ("stories_valid", "stories_train"),
    "MedQuAD": ("medquad_valid", "medquad_train"),
    "multiple choice in MedQuAD": ("medical_mc_eval", "medquad_train"),
    "multiple choice in medical-o1": ("medical_mc_eval", "medical_train"),
}


def texts(path: Path) -> list[str]:
    """A text for each record, as `slm audit` takes it."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [text_of(json.loads(line)) for line in lines]


def text_of(record: dict[str, str]) -> str:
    if "options" in record:
        return f"{record['context']}\n{record['question']}".strip()
    if "text" in record:
        return record["text"]
    return f"{record.get('question') or record['Question']}\n{record.get('answer') or record['Response']}"


# Edits


def case(text: str, draw: random.Random) -> str:
    return draw.choice((str.upper, str.lower, str.title))(text)


def punctuation(text: str, draw: random.Random) -> str:
    marks = draw.choice(("", " ", "-", "!"))
    return re.sub(r"[^\w\s'’]", marks, text) if marks else re.sub(r"[^\w\s]", "", text)


def white_space(text: str, draw: random.Random) -> str:
    return draw.choice(("\n", "  ", " \t ", "\n\n")).join(text.split())


def words(text: str, draw: random.Random) -> str:
    """One word in ten, at most five, replaced, left out, put in, or changed round with the next."""
    parts = text.split()
    vocabulary = [*parts, "small", "often", "patient", "today", "not"]
    for _ in range(min(5, max(1, len(parts) // 10))):
        place = draw.randrange(len(parts))
        way = draw.choice(("replace", "leave out", "put in", "swap"))
        if way == "leave out" and len(parts) > 3:
            del parts[place]
        elif way == "put in":
            parts.insert(place, draw.choice(vocabulary))
        elif way == "swap" and place + 1 < len(parts):
            parts[place : place + 2] = reversed(parts[place : place + 2])
        else:
            parts[place] = draw.choice(vocabulary)
    return " ".join(parts)


def everything(text: str, draw: random.Random) -> str:
    for edit in (words, punctuation, case, white_space):
        text = edit(text, draw)
    return text


EDITS: dict[str, Callable[[str, random.Random], str]] = {
    "verbatim": lambda text, draw: text, "case": case, "punctuation": punctuation, "white space": white_space,
    "words": words, "all four": everything,
}  # fmt: skip


def plant(train: list[list[str]], leak: str, draw: random.Random, within: bool) -> None:
    """Put a leak into the training text, documents by their sentences: a document of its own, or between two sentences
    of one. Leaks never part one another."""
    if within:
        document = train[draw.randrange(len(train))]
        document.insert(draw.randrange(len(document) + 1), leak)
    else:
        train.append([leak])


Way = tuple[str, bool]
TWINS = 0.8  # of their words


def with_leaks(held: Sequence[str], train: Sequence[str], seed: int) -> tuple[list[str], dict[int, Way]]:
    """The training text with half of the held-out texts in it, and how each stands there: which edit, and whether
    within another document. Too short texts are not planted, and the words of short ones stay as they are."""
    draw, ways = random.Random(seed), {}
    documents = [re.split(r"(?<=[.!?]\s)", text) for text in train]
    for number in draw.sample(range(len(held)), len(held) // 2):
        length = len(words_of(held[number]))
        edits = [name for name in EDITS if length >= EDITABLE or name not in ("words", "all four")]
        if length >= SHORTEST:
            way = ways[number] = draw.choice(edits), draw.random() < 0.5
            plant(documents, EDITS[way[0]](held[number], draw), draw, way[1])
    return [" ".join(document) for document in documents], ways


def leaks(
    data: Path, pair: str, documents: int, seeds: range, grams: Sequence[int], shown: bool, minhash: bool
) -> None:  # fmt: skip
    """Print what is found, of one pair of files."""

    def look(held: Sequence[str], train: Sequence[str]) -> list:
        overlap = NearDuplicates(held) if minhash else Overlap(held, grams)
        for number, text in enumerate(train):
            overlap.see(text, str(number))
        return overlap.matches()

    held, train = (texts(data / f"{name}.jsonl.gz") for name in PAIRS[pair])
    train = train[: documents or None]
    began = time.process_time()
    before = look(held, train)
    seconds = time.process_time() - began
    real = {number for number, match in enumerate(before) if match.found}
    count = sum(map(len, map(str.split, train)))
    print(f"\n{pair}: {len(held):,} texts, {len(train):,} documents, {count / seconds / 1e6:.2f} M words/s of a core; "
          f"without a plant {share(Counter(match.found for match in before))}, "
          f"{sum(match.verbatim for match in before)} verbatim", flush=True)  # fmt: skip
    for number in sorted(real) if shown else ():
        match = before[number]
        print(f"    {match.share:.2f} {held[number][:300]!r}\n         {train[int(match.where)][:300]!r}")
    found: dict[Way, Counter] = {}
    alarms, twins = Counter(), 0
    for seed in seeds:
        leaked, ways = with_leaks(held, train, seed)
        matches = look(held, leaked)
        for number, match in enumerate(matches):
            if number in ways:
                found.setdefault(ways[number], Counter())[match.found] += 1
            elif number not in real:
                twin = match.found and has_twin(held[number], [held[other] for other in ways])
                twins += twin
                alarms[match.found and not twin] += 1
                if shown and match.found:
                    kind, there = "twin" if twin else "alarm", leaked[int(match.where)]
                    print(f"    {kind} {match.share:.2f} {held[number][:200]!r}\n         {there[:200]!r}")
    for within in (False, True):
        for name in EDITS:
            where = "within" if within else "alone"
            print(f"  {name:12} {where:7} {share(found.get((name, within), Counter()))}")
    print(f"  {'false alarms':20} {share(alarms)}, and {twins:,} twins of planted texts", flush=True)


def has_twin(text: str, others: Sequence[str]) -> bool:
    """Whether another text has the same words in the same order, but for a fifth of them."""
    matcher = difflib.SequenceMatcher(None, b=words_of(text), autojunk=False)
    for other in others:
        matcher.set_seq1(words_of(other))
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= TWINS and matcher.ratio() >= TWINS:
            return True
    return False


def share(counts: Counter) -> str:
    return f"{counts[True]:6,} of {counts.total():6,} ({100 * counts[True] / max(1, counts.total()):.2f} %)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--documents", type=int, default=0, help="of the training text; 0 takes all")
    parser.add_argument("--grams", type=int, nargs="+", default=GRAMS)
    parser.add_argument("--pairs", nargs="+", choices=list(PAIRS))
    parser.add_argument("--minhash", action="store_true", help="by MinHash alone")
    parser.add_argument("--real", action="store_true", help="show what is found without a plant")
    given = parser.parse_args()
    for pair in given.pairs or PAIRS:
        seeds = range(given.first_seed, given.first_seed + given.seeds)
        leaks(given.data, pair, given.documents, seeds, given.grams, given.real, given.minhash)


if __name__ == "__main__":
    main()
