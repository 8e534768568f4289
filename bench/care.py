"""How well signs of an emergency are found, and how often they are seen where there are none.

    PYTHONPATH=. python bench/care.py --questions valid=medquad_valid.jsonl.gz --questions train=medquad_train.jsonl.gz

Phrases: 200 that were written before the list (tests/emergency_phrases.txt), 328 more that it was made with
(tests/emergency_phrases_development.txt), 200 by somebody who had not seen it (tests/emergency_phrases_unseen.txt),
410 everyday ones (tests/everyday_phrases.txt); --phrases and --everyday add files of them, a line each. Questions, of
people who are in no emergency: any files of JSON Lines with a field
"question". --misses and --alarms show which.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from pathlib import Path

from slm.domain import Domain, load_domain

TESTS = Path(__file__).parents[1] / "tests"


def phrases(name: str) -> list[tuple[str, str]]:
    """Kind and text of each phrase in a file, by its name in tests/ or its path."""
    lines = (TESTS / name).read_text(encoding="utf-8").splitlines()
    parted = (line.rpartition("\t") for line in lines if line and not line.startswith("#"))
    return [(kind, text) for kind, _, text in parted]


def questions(path: Path) -> list[tuple[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [("", json.loads(line)["question"]) for line in lines]


def measure(domain: Domain, title: str, texts: list[tuple[str, str]], wanted: bool, shown: bool) -> None:
    began = time.perf_counter()
    found = [(kind, text, domain.emergency(text)) for kind, text in texts]
    milliseconds = 1000 * (time.perf_counter() - began) / len(texts)
    alarms = sum(sign is not None for _, _, sign in found)
    print(f"{title:40} {alarms:6,} of {len(texts):6,}  {100 * alarms / len(texts):6.2f} %  {milliseconds:.2f} ms each")
    if wanted and texts[0][0]:
        by_kind = Counter(kind for kind, _, _ in found)
        right = Counter(kind for kind, _, sign in found if sign)
        print("    " + ", ".join(f"{kind} {right[kind]}/{count}" for kind, count in by_kind.items()))
    if shown:
        for _, text, sign in found:
            if (sign is None) == wanted:
                print(f"    {text[:160]}" + (f"  <- {sign.kind}: {sign.phrase!r} by {sign.pattern!r}" if sign else ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domain", default="medical")
    parser.add_argument("--questions", action="append", default=[], metavar="TITLE=FILE")
    parser.add_argument("--phrases", action="append", default=[], metavar="FILE")
    parser.add_argument("--everyday", action="append", default=[], metavar="FILE")
    parser.add_argument("--misses", action="store_true", help="of the phrases for development")
    parser.add_argument("--alarms", action="store_true", help="the false ones")
    given = parser.parse_args()
    domain = load_domain(given.domain)
    domain.emergency("")
    measure(domain, "phrases, held out: found", phrases("emergency_phrases.txt"), wanted=True, shown=False)
    unseen = phrases("emergency_phrases_unseen.txt")
    measure(domain, "phrases, never looked at: found", unseen, wanted=True, shown=False)
    development = phrases("emergency_phrases_development.txt")
    measure(domain, "phrases, development: found", development, wanted=True, shown=given.misses)
    measure(domain, "everyday phrases: false alarms", phrases("everyday_phrases.txt"), wanted=False, shown=given.alarms)
    for path in given.phrases:
        measure(domain, f"{Path(path).stem}: found", phrases(path), wanted=True, shown=given.misses)
    for path in given.everyday:
        measure(domain, f"{Path(path).stem}: false alarms", phrases(path), wanted=False, shown=given.alarms)
    for pair in given.questions:
        title, _, path = pair.partition("=")
        measure(domain, f"{title}: false alarms", questions(Path(path)), wanted=False, shown=given.alarms)


if __name__ == "__main__":
    main()
