"""An index on a PostgreSQL server beside the same in a folder: what they find, how long a question takes, what else the
server could rank by, and whether it is told as well what the sources do not answer.

    slm index DOCUMENTS --out indexes/strict --no-search-titles --encoder ENCODER      (the answers alone, a line each)
    slm index DOCUMENTS --out ADDRESS --no-search-titles --encoder ENCODER
    python bench/postgres.py DATA indexes/strict ADDRESS            recall and time of both
    python bench/postgres.py DATA indexes/strict ADDRESS --ways     of each way to rank on the server
    python bench/postgres.py DATA INDEX ADDRESS --judge             of indexes with titles: area under the ROC curve

DATA is a folder with medquad_train.jsonl.gz and medquad_valid.jsonl.gz; the questions are those of medquad_valid.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from retrieval import read_task

from slm.evaluation.answers import read_questions
from slm.evaluation.suites import load_suite
from slm.evaluation.unanswerable import COUNT, KINDS, questions
from slm.rag.index_sections import IndexQuestions, abstention_section
from slm.rag.measures import recall_at
from slm.rag.retriever import Retriever

ASKED = """WITH asked AS (SELECT replace(plainto_tsquery('english', %s)::text, ' & ', ' | ')::tsquery AS question)
SELECT passage FROM english, asked WHERE words @@ question"""
Way = Callable[[str], list[int]]


def by_search(retriever: Retriever) -> Way:
    return lambda question: [hit.passage.id for hit in retriever.search(question, 100)]


def by_ranking(retriever: Retriever, name: str) -> Way:
    return lambda question: [number for number, _ in retriever.rankings(question, 100)[name]]


def by_statement(retriever: Retriever, statement: str, value: Callable[[str], str]) -> Way:
    query = retriever.store.query
    return lambda question: [row[0] for row in query(statement, (value(question),))]


def ways_of(retriever: Retriever) -> dict[str, Way]:
    """Each way in which the server could rank alone."""
    query, table = retriever.store.query, retriever.vectors.table
    query(
        "CREATE TEMPORARY TABLE english AS "
        "SELECT searched.id AS passage, to_tsvector('english', searched.text) AS words "
        "FROM (SELECT text, min(passage) AS passage FROM places GROUP BY text) AS own "
        "JOIN searched ON searched.id = own.passage"
    )
    query("CREATE INDEX ON english USING gin (words)")
    query("ANALYZE english")
    ways = {"BM25 in SQL": by_ranking(retriever, "lexical"), "vectors": by_ranking(retriever, "vectors")}
    for norm in (0, 2):
        ways[f"ts_rank_cd of PostgreSQL's own stems, normalised by {norm}"] = by_statement(
            retriever, f"{ASKED} ORDER BY ts_rank_cd(words, question, {norm}) DESC, passage LIMIT 100", str
        )
    first = "(SELECT min(passage) FROM places WHERE places.text = near.text)"
    for name, plus in (("HNSW alone", ""), ("exact", " + 0")):
        statement = f"SELECT {first} FROM {table} AS near ORDER BY (vector <#> %s::vector){plus} LIMIT 100"
        ways[f"vectors, {name}"] = by_statement(retriever, statement, retriever.vectors.of_question)
    return ways


def documents(retriever: Retriever, answers: list[str]) -> dict[int, int]:
    """Passage -> place of its document among the answers."""
    places = {answer.strip(): place for place, answer in enumerate(answers)}
    store, found = retriever.store, {}
    for document in store.titles():
        own = places.get(store.document_text(document).strip(), -1)
        found |= {passage.id: own for passage in store.passages_of(document)}
    return found


def print_table(rows: dict[str, tuple[Way, dict[int, int]]], task, limit: int) -> None:
    asked, right = task.questions[:limit], task.right[:limit]
    print("| ranking | recall@1 | @5 | @10 | ms a question, median and 95th of 100 |\n" + "| --- " * 5 + "|")
    tens: dict[str, list] = {}
    for name, (way, document_of) in rows.items():
        way(asked[0])
        found, times = [], []
        for question in asked:
            began = time.perf_counter()
            passages = way(question)
            times.append(1000 * (time.perf_counter() - began))
            found.append(list(dict.fromkeys(document_of[number] for number in passages)))
        tens[name] = [one[:10] for one in found]
        recalls = " | ".join(f"{recall_at(found, right, k).mean():.3f}" for k in (1, 5, 10))
        print(f"| {name} | {recalls} | {np.median(times):.1f}, {np.quantile(times, 0.95):.1f} |", flush=True)
    names = list(tens)
    same = sum(one == other for one, other in zip(tens[names[0]], tens[names[1]], strict=True))
    print(f"the same first ten documents in both of the first two rows: {same} of {len(asked)}")


def print_judged(place: str, data: Path) -> None:
    with Retriever.open(place) as retriever:
        measure = next(one for one in load_suite("medical").measures if one.name == "abstention")
        asked = read_questions(data / "medquad_valid.jsonl.gz", measure.columns)
        own = IndexQuestions(retriever, asked)
        section, _ = abstention_section(own, {kind: questions(kind, COUNT, 0) for kind in KINDS}, 0, place)
    print(f"\n{section.title}: {len(own.right)} answerable questions")
    for row in section.tables[0].rows:
        print("| " + " | ".join(row) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder")
    parser.add_argument("address")
    parser.add_argument("--ways", action="store_true")
    parser.add_argument("--judge", action="store_true")
    parser.add_argument("--limit", type=int, default=819, help="questions")
    options = parser.parse_args()
    if options.judge:
        for place in (options.folder, options.address):
            print_judged(place, options.data)
        return
    task = read_task(options.data)
    with Retriever.open(options.folder) as folder, Retriever.open(options.address) as server:
        if options.ways:
            known = documents(server, task.answers)
            print_table({name: (way, known) for name, way in ways_of(server).items()}, task, options.limit)
            return
        places = {"in a folder": folder, "on a server": server}
        rows = {f"{name}, {what}": (make(one), documents(one, task.answers)) for what, make in (
            ("as slm search ranks", by_search), ("by words", lambda one: by_ranking(one, "lexical")),
            ("by vectors", lambda one: by_ranking(one, "vectors"))) for name, one in places.items()}  # fmt: skip
        print_table(rows, task, options.limit)


if __name__ == "__main__":
    main()
