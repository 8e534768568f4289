"""Whether small folders answer what stands in them, and only that: this repository's docs/ and three leaflets.

    python bench/small_folders.py                       by words alone
    python bench/small_folders.py --encoder encoders/medquad --show

The questions in small_folders/questions.jsonl were written before any was scored: in a person's own words, answered in
the folder ("answered"), not answered but near its subject ("near"), or about something else ("far"). What the judge
looks at was chosen by the half "tune"; the half "report" was kept for figures. docs/ changes with time, and so do they.
An answer says the right thing where it quotes one of the parts of sentences that are listed ("says", noted afterwards).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from slm.domain import load_domain
from slm.rag.answering import answer
from slm.rag.calibration import area_under_roc
from slm.rag.indexing import IndexSettings, index_documents
from slm.rag.retriever import Retriever
from slm.rag.vectors import choose_encoder

HERE = Path(__file__).parent / "small_folders"
KINDS = ("answered", "near", "far")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, help="folder of slm encoder train")
    parser.add_argument("--show", action="store_true", help="print every question with its answer, to be read")
    arguments = parser.parse_args()
    questions = [json.loads(line) for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    said: dict[tuple[str, str], list[float]] = {}
    right: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as work:
        for folder in dict.fromkeys(question["folder"] for question in questions):
            source = HERE.parents[1] / "docs" if folder == "docs" else HERE / folder
            index_documents(Path(work) / folder, (str(source),), IndexSettings(search_titles=True))
            if arguments.encoder:
                choose_encoder(Path(work) / folder, arguments.encoder)
            with Retriever.open(Path(work) / folder) as retriever:
                for asked in (question for question in questions if question["folder"] == folder):
                    found = answer(asked["question"], retriever, load_domain("general"))
                    said.setdefault((asked["half"], asked["kind"]), []).append(found.probability)
                    says = any(part in found.text() for part in asked.get("says", ()))
                    right[asked["half"]] = right.get(asked["half"], 0) + says
                    if arguments.show:
                        probability = f"{found.probability:.2f}{', right' * says}"
                        print(f"\n## {folder}, {asked['kind']}: {asked['question']} ({probability})\n{found.text()}")
            threshold = found.threshold
    shown = " | ".join(f"{kind}: shown" for kind in KINDS)
    print(f"\n| half | questions | {shown} | and says the right thing | area under ROC, near | far |")
    print("| --- " * 8 + "|")
    for half in ("tune", "report"):
        parts = [np.array(said[half, kind]) for kind in KINDS]
        shown = [f"{(part >= threshold).sum()} of {len(part)}" for part in parts]
        areas = [f"{area_under_roc(parts[0], part):.3f}" for part in parts[1:]]
        print(f"| {' | '.join([half, str(sum(map(len, parts))), *shown, str(right[half]), *areas])} |")


if __name__ == "__main__":
    main()
