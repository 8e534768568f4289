"""Answers from sources: whether they are quoted word for word, how near they come, and when to say nothing.

    python bench/answers.py DATA                      lexical search alone
    python bench/answers.py DATA --encoder encoders/medquad
    python bench/answers.py DATA --fit                fits slm/rag/judges.json anew, on training questions, first

DATA is a folder with medquad_train.jsonl.gz and medquad_valid.jsonl.gz. All answers of both are indexed as
`slm index` does it, titles and all; then the questions of medquad_valid are asked. For abstention a share of the
diseases (MedQuAD's focus, by its words) is taken out of the index with all their answers: questions about them are the
unanswerable ones of the same kind. The judges are fitted on training questions alone, of an index of training answers.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from slm.data.documents import DocumentsConfig, open_documents
from slm.domain import load_domain
from slm.evaluation.answers import Asked, rouge_l, token_f1
from slm.evaluation.unanswerable import KINDS, questions
from slm.rag import abstention, common_words
from slm.rag.abstention import Judge, fit_judge
from slm.rag.answering import PASSAGES, answer
from slm.rag.calibration import area_under_roc, calibration_error, coverage_at_precision, reliability
from slm.rag.evidence import NAMES, VECTOR_NAMES, evidence
from slm.rag.held_out import subject_of, taken_out
from slm.rag.index_sections import IndexQuestions, citation_section
from slm.rag.indexing import IndexSettings, index_documents
from slm.rag.measures import bootstrap
from slm.rag.pairs import key, sorted_pairs
from slm.rag.quoting import USUAL, choose, usual
from slm.rag.retriever import Retriever
from slm.rag.vectors import choose_encoder

Row = dict[str, str]
PRECISION = 0.95  # at which coverage is told
THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.9)
FITTED_ON = 2000  # questions of each kind at most
SMALL = (10, 30, 100, 1000)  # documents of the small indexes that it is fitted on as well
SMALL_FITTED_ON = 100  # questions of each kind for each of these sizes
WHOLE = 10  # times what all small indexes together weigh
OWN_WORDS = (0, 1, 1, 2, 2, 3)  # how many a question is given that it does not need
RANKS = (50, 5000)  # of these words


def rows_of(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def subject(row: Row) -> str:
    """A disease by its words, in any order and number."""
    return subject_of(row["focus"])


def index_of(rows: list[Row], folder: Path, encoder: str, titles: bool) -> Retriever:
    """An index of rows as `slm index` makes it of their file."""
    folder.mkdir(parents=True)
    path = folder / "documents.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    index_documents(folder / "index", (str(path),), IndexSettings(search_titles=titles))
    if encoder:
        choose_encoder(folder / "index", Path(encoder))
    return Retriever.open(folder / "index")


def figures_of(asked: list[str], retriever: Retriever) -> np.ndarray:
    """(N, F) what the index has to say about each question."""
    return np.array([evidence(question, retriever.search(question, PASSAGES), retriever) for question in asked])


def some(asked: list[str], count: int, seed: int) -> list[str]:
    return random.Random(seed).sample(asked, min(count, len(asked)))


def held_out_of_encoder(data: Path) -> set[str]:
    """The training questions that `slm encoder train` holds out by default: on the others its vectors are too good."""
    section = DocumentsConfig(source=(str(data / "medquad_train.jsonl.gz"),), kind="question_answer", holdout=0.1)
    return {key(question) for question in sorted_pairs(open_documents(section)).held_out_questions()}


def fit(train: list[Row], data: Path, folder: Path, encoder: str, titles: bool) -> Judge:
    """The judge of training questions: their answers indexed, or their disease taken out; of small indexes too."""
    usable = held_out_of_encoder(data) if encoder else {key(row["question"]) for row in train}
    out = taken_out([subject(row) for row in train], seed=1)
    rest = [row for row in train if subject(row) not in out]
    with index_of(rest, folder / "whole", encoder, titles) as retriever:
        whole = [figures_of(some(questions_of(rows, usable), FITTED_ON, 1), retriever)
                 for rows in (rest, [row for row in train if subject(row) in out])]  # fmt: skip
    small = [small_figures(train, usable, size, folder / str(size), encoder) for size in SMALL]
    good, bad = (np.vstack(parts) for parts in zip(*small, strict=True))
    times = max(1, round(WHOLE * len(good) / len(whole[0])))
    figures, labels = [*whole * times, good, bad], [1.0, 0.0] * (times + 1)
    names = NAMES + VECTOR_NAMES if encoder else NAMES
    judge = fit_judge(np.vstack(figures), np.repeat(labels, [len(part) for part in figures]), names)
    for what, parts in (("training questions", whole), ("of small indexes", (good, bad))):
        area = area_under_roc(*(judge.probabilities(part) for part in parts))
        print(f"fitted on {sum(map(len, parts))} {what}: area under ROC {area:.3f}")
    return judge


def questions_of(rows: list[Row], usable: set[str]) -> list[str]:
    """Their usable questions, each once."""
    asked = {key(row["question"]): row["question"] for row in reversed(rows)}
    return [question for own, question in reversed(asked.items()) if own in usable]


def small_figures(
    train: list[Row], usable: set[str], size: int, folder: Path, encoder: str
) -> tuple[np.ndarray, np.ndarray]:
    """Figures of questions that indexes of `size` documents answer, and of as many that they do not.

    A folder of somebody's notes does not name its subject in every title, and is not asked in its own words: here
    titles are not searched, and questions get common words that they do not need.
    """
    draw, common = random.Random(size), list(common_words.ranks())
    by_subject: dict[str, list[Row]] = {}
    for row in train:
        by_subject.setdefault(subject(row), []).append(row)
    pool = [name for name in sorted(by_subject) if questions_of(by_subject[name], usable)]
    good: list[np.ndarray] = []
    bad: list[np.ndarray] = []
    while sum(map(len, good)) < SMALL_FITTED_ON:
        names, rows = draw.sample(pool, len(pool)), []
        while len(rows) < size:
            rows += by_subject[names.pop()]
        others = [row for name in names for row in by_subject[name]]
        asked = [draw.sample(own, min(len(own), 50, size // 3))
                 for own in (questions_of(rows, usable), questions_of(others, usable))]  # fmt: skip
        count = min(map(len, asked))
        with index_of(rows, folder / str(len(good)), encoder, titles=False) as retriever:
            for found, own in zip((good, bad), asked, strict=True):
                found.append(figures_of([with_own_words(one, common, draw) for one in own[:count]], retriever))
    return np.vstack(good), np.vstack(bad)


def with_own_words(question: str, common: list[str], draw: random.Random) -> str:
    """The question with common words behind it, the commoner the likelier."""
    first, last = RANKS
    places = [int(first * (last / first) ** draw.random()) for _ in range(draw.choice(OWN_WORDS))]
    return " ".join([question, *(common[place] for place in places)])


def print_abstention(judge: Judge, figures: dict[str, np.ndarray], plot: Path | None) -> dict[str, Any]:
    """The table of abstention; figures by kind, 'answerable' first."""
    said = {kind: judge.probabilities(own) for kind, own in figures.items()}
    good = said.pop("answerable")
    print(f"\n| unanswerable: | questions | area under ROC | coverage at {PRECISION:.0%} precision "
          "| answered all the same |\n| --- | --- | --- | --- | --- |")  # fmt: skip
    for kind, bad in said.items():
        coverage, _ = coverage_at_precision(good, bad, PRECISION)
        print(f"| {kind} | {len(bad)} | {area_under_roc(good, bad):.3f} | {coverage:.3f} "
              f"| {(bad >= judge.threshold).mean():.3f} |")  # fmt: skip
    print(f"\n| answered from | {len(good)} answerable | {' | '.join(said)} |\n" + "| --- " * (2 + len(said)) + "|")
    for threshold in THRESHOLDS:
        shares = [(own >= threshold).mean() for own in (good, *said.values())]
        print(f"| {threshold} | {' | '.join(f'{share:.3f}' for share in shares)} |")
    bad = said["held-out diseases"]
    draws = random.Random(0).choices(range(len(bad)), k=len(good))  # as many of each kind
    probabilities = np.concatenate([good, bad[draws]])
    labels = np.repeat([1.0, 0.0], [len(good), len(draws)])
    print(f"expected calibration error, answerable against held-out diseases: "
          f"{calibration_error(probabilities, labels):.3f}")  # fmt: skip
    print("alone, area under ROC against held-out diseases and made-up ones:")
    for place, name in enumerate(judge.names):
        areas = [area_under_roc(figures["answerable"][:, place], figures[kind][:, place])
                 for kind in ("held-out diseases", "made-up diseases")]  # fmt: skip
        print(f"  {name:20} {areas[0]:.3f} {areas[1]:.3f}   weight {judge.weights[place]:+.2f}")
    if plot:
        draw_reliability(plot, probabilities, labels, said, good, judge.threshold)
    return said


def draw_reliability(
    path: Path, probabilities: np.ndarray, labels: np.ndarray, said: dict[str, np.ndarray], good: np.ndarray,
    threshold: float,
) -> None:  # fmt: skip
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    parts = reliability(probabilities, labels)
    left.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    left.plot([part[0] for part in parts], [part[1] for part in parts], "o-", color="C0")
    for x, y, count in parts:
        left.annotate(str(count), (x, y), textcoords="offset points", xytext=(6, -10), fontsize=8, color="0.4")
    left.set(xlabel="probability that the sources answer, as said", ylabel="share that they do answer",
             title="Answerable and held-out diseases, half and half")  # fmt: skip
    kinds = {"answerable": good, **said}
    right.boxplot(list(kinds.values()), orientation="horizontal", tick_labels=list(kinds), whis=(5, 95), sym="")
    right.axvline(threshold, color="C3", linewidth=1)
    right.invert_yaxis()
    right.set(xlabel="probability that the sources answer, as said", title="Red: from here an answer is shown")
    figure.savefig(path, dpi=110)


def print_quotes(retriever: Retriever, valid: list[Row], limit: int) -> None:
    """How near quotes come to the answer that was given, for several ways to choose them."""
    references: dict[str, list[str]] = {}
    for row in valid:
        references.setdefault(row["question"], []).append(row["answer"])
    asked = some(list(references), limit, 0)
    hits = {question: retriever.search(question, PASSAGES) for question in asked}
    own = usual(retriever)
    ways = {
        "as slm ask does": own,
        "3 sentences": replace(own, sentences=3),
        "8 sentences": replace(own, sentences=8, characters=2000),
        "from the first passage alone": replace(own, passages=1),
        "the passage's place as without a reranker": USUAL,
        "without the passage's place": replace(own, rank=0),
        "without the title": replace(own, title=0),
        "without words": replace(own, words=0),
        "without the sentence's place": replace(own, place=0),
        "without vectors": replace(own, meaning=0),
    }
    print(f"\n| quotes for {len(asked)} questions | ROUGE-L | token F1 | sentences | words |\n" + "| --- " * 5 + "|")
    for name, how in ways.items():
        chosen = {question: choose(question, hits[question], retriever, how) for question in asked}
        texts = {question: " ".join(quote.text for quote in quotes) for question, quotes in chosen.items()}
        scores = [np.array([max(score(texts[question], reference) for reference in references[question])
                            for question in asked]) for score in (rouge_l, token_f1)]  # fmt: skip
        counts = np.mean([len(quotes) for quotes in chosen.values()])
        words = np.mean([len(text.split()) for text in texts.values()])
        print(f"| {name} | {bootstrap(scores[0])} | {bootstrap(scores[1])} | {counts:.1f} | {words:.0f} |", flush=True)


def print_citations(retriever: Retriever, valid: list[Row]) -> None:
    """Every question answered: are all quotes word for word in their documents' own text, and is the source right?"""
    references: dict[str, list[str]] = {}
    for row in valid:
        references.setdefault(row["question"], []).append(row["answer"])
    own = IndexQuestions(retriever, [Asked(question, tuple(several)) for question, several in references.items()])
    (table,) = citation_section(own, "")[0].tables
    print("\nquotes over all validation questions:", *map(" | ".join, table.rows), sep="\n  ")
    times, domain = [], load_domain("medical")
    for question in some(list(references), 200, 0):
        began = time.perf_counter()
        answer(question, retriever, domain)
        times.append(time.perf_counter() - began)
    print(f"{1000 * np.median(times):.1f} ms an answer, median of {len(times)}")


def print_answers(retriever: Retriever, valid: list[Row], count: int) -> None:
    for question in some(list(dict.fromkeys(row["question"] for row in valid)), count, 0):
        found = answer(question, retriever, load_domain("medical"))
        print(f"\n## {question} ({found.probability:.2f})\n{found.text()}")
        for passage in found.sources or found.nearest:
            print(f"   {passage.title} {passage.url}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--encoder", default="", help="folder of slm encoder train")
    parser.add_argument("--fit", action="store_true", help="fit the judge anew and package it")
    parser.add_argument("--no-titles", action="store_true", help="search the text alone, not the titles")
    parser.add_argument("--questions", type=int, default=200, help="for the table of quotes")
    parser.add_argument("--show", type=int, default=0, help="print so many answers, drawn by seed 0, to be read")
    parser.add_argument("--plot", type=Path, help="write the reliability plot there")
    arguments = parser.parse_args()
    train, valid = (rows_of(arguments.data / f"medquad_{split}.jsonl.gz") for split in ("train", "valid"))
    kind = "vectors" if arguments.encoder else "words"
    with tempfile.TemporaryDirectory() as folder:
        work, titles = Path(folder), not arguments.no_titles
        if arguments.fit:
            judge = fit(train, arguments.data, work / "fit", arguments.encoder, titles)
            if titles:
                package(kind, judge)
        judge = abstention.packaged_judges()[kind] if titles or not arguments.fit else judge
        out = taken_out([subject(row) for row in valid], seed=2)
        rest = [row for row in train + valid if subject(row) not in out]
        with index_of(rest, work / "part", arguments.encoder, titles) as retriever:
            asked = {
                "answerable": [row["question"] for row in valid if subject(row) not in out],
                "held-out diseases": [row["question"] for row in valid if subject(row) in out],
                **{name: questions(name) for name in KINDS},
            }
            titles_left = [set(subject(row).split()) for row in rest]
            unnamed = {sub for sub in out if not any(set(sub.split()) <= title for title in titles_left)}
            asked["of these, named in no other title"] = [r["question"] for r in valid if subject(r) in unnamed]
            print_abstention(judge, {name: figures_of(own, retriever) for name, own in asked.items()}, arguments.plot)
        with index_of(train + valid, work / "whole", arguments.encoder, titles) as retriever:
            print_citations(retriever, valid)
            print_quotes(retriever, valid, arguments.questions)
            print_answers(retriever, valid, arguments.show)


def package(kind: str, judge: Judge) -> None:
    """Write the judge beside the code that reads it."""
    values = json.loads(abstention.FILE.read_text(encoding="utf-8")) if abstention.FILE.is_file() else {"judges": {}}
    values["judges"][kind] = judge.as_dict()
    abstention.FILE.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
