"""Ranks of an index on a server: one SQL query gives BM25, nearness of vectors, and both fused by reciprocal rank.

BM25 is Lucene's form with bm25s's defaults over the same terms as in a folder (`slm.rag.lexical`): scores mean the same
there and here. What stands in double quotes is PostgreSQL's full-text search's to find, vectors are pgvector's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from slm.rag import lexical, vectors
from slm.rag.languages import stemmer
from slm.rag.lexical import weights_of
from slm.rag.postgres.derived import phrase_query, vector_table
from slm.rag.postgres.schema import NEAREST
from slm.rag.postgres.store import PostgresStore
from slm.rag.ranking import FUSION
from slm.rag.ranks import Candidate
from slm.rag.reranker import Reranker

K1, B = 1.5, 0.75  # bm25s's defaults
MOST_NEAREST = 1000  # that HNSW can be told to look at
MOST_KNOWN = 100_000  # terms whose counts are kept here

# A word of documents in no known language is as common as it is with its stems in the others (see `slm.rag.lexical`).
WORDS = """
asked AS MATERIALIZED (
    SELECT terms.id AS term, question.times * ln(1 + (%(size)s - counted.texts + 0.5) / (counted.texts + 0.5)) AS weight
    FROM unnest(%(terms)s::text[], %(times)s::float8[]) AS question (term, times) JOIN terms USING (term), LATERAL (
        SELECT least(%(size)s, terms.texts + CASE WHEN terms.unstemmed = 0 THEN 0 ELSE (
            SELECT coalesce(sum(other.texts), 0) FROM unnest(%(words)s::text[], %(stems)s::text[]) AS stem (word, stem)
            JOIN terms AS other ON other.term = stem.stem WHERE stem.word = terms.term
        ) END)::float8 AS texts
    ) AS counted
),
scored AS MATERIALIZED (
    SELECT text, sum(weight * times / (times + %(least)s + %(each)s * length)) AS score
    FROM asked JOIN postings USING (term) {allowed} GROUP BY text
),
lexical AS (
    SELECT text, row_number() OVER (ORDER BY score DESC, text) AS rank
    FROM (SELECT text, score FROM scored ORDER BY score DESC, text LIMIT %(depth)s) AS first
)"""
# HNSW misses some of the nearest, at times the first. Those that the words have found are compared in any case.
NEAR = """,
nearest AS MATERIALIZED (
    SELECT text, vector <#> %(vector)s::vector AS distance FROM {table} {allowed}
    ORDER BY {distance} LIMIT %(depth)s
),
compared AS (
    SELECT * FROM nearest UNION SELECT text, vector <#> %(vector)s::vector FROM lexical JOIN {table} USING (text)
),
vectors AS (
    SELECT text, row_number() OVER (ORDER BY distance, text) AS rank
    FROM (SELECT * FROM compared ORDER BY distance, text LIMIT %(depth)s) AS first
)"""
ALLOWED = "WHERE text IN (SELECT id FROM texts WHERE words @@ %(phrases)s::tsquery)"
FUSED = """
SELECT (SELECT min(passage) FROM places WHERE places.text = fused.text) AS passage, fused.score, lexical_rank,
    coalesce(scored.score, 0), vectors_rank, {similarity}
FROM ({fused}) AS fused LEFT JOIN scored USING (text) {joined}
ORDER BY fused.score DESC, passage"""
BOTH = """SELECT text, lexical.rank AS lexical_rank, vectors.rank AS vectors_rank,
    coalesce(1::float8 / (%(fusion)s + lexical.rank), 0) + coalesce(1::float8 / (%(fusion)s + vectors.rank), 0) AS score
    FROM lexical FULL JOIN vectors USING (text)"""
ALONE = """SELECT text, rank AS lexical_rank, NULL::bigint AS vectors_rank, 1::float8 / (%(fusion)s + rank) AS score
    FROM lexical"""


def search_query(table: str, phrases: bool) -> str:
    """The one query of a search: with vectors of a `table`, '' for none; among texts with phrases, or among all."""
    allowed = ALLOWED if phrases else ""
    query = "WITH " + WORDS.format(allowed=allowed)
    if not table:
        return query + FUSED.format(similarity="NULL", fused=ALONE, joined="")
    # Adding 0 keeps HNSW out where only some texts are allowed: it would find the nearest of all, and leave most out.
    distance = "(vector <#> %(vector)s::vector)" + (" + 0" if phrases else "")
    query += NEAR.format(table=table, allowed=allowed, distance=distance)
    similarity = "-(own.vector <#> %(vector)s::vector)"
    return query + FUSED.format(
        similarity=similarity, fused=BOTH, joined=f"LEFT JOIN {table} AS own ON own.text = fused.text"
    )


class PostgresWords:
    """`slm.rag.ranks.Words` of one state, each term asked of the server once."""

    def __init__(self, store: PostgresStore):
        self._store, self._known = store, {"": 0}
        self.size = int(store.about("texts") or 0)

    def counts(self, terms: Sequence[str]) -> np.ndarray:
        if len(self._known) > MOST_KNOWN:
            self._known = {"": 0}
        missing = list(set(terms) - self._known.keys())
        if missing:
            self._known |= dict.fromkeys(missing, 0)
            self._known |= self._store.query("SELECT term, texts FROM terms WHERE term = ANY(%s)", (missing,))
        return np.array([float(self._known[term]) for term in terms])

    def weights(self, terms: Sequence[str]) -> np.ndarray:
        return weights_of(self.counts(terms), self.size)


class PostgresVectors:
    """Vectors of an index; they stay on the server, the encoder of questions is here."""

    def __init__(self, encoder: Any, table: str):
        self.encoder, self.table = encoder, table

    def of_question(self, question: str) -> str:
        """As pgvector reads it."""
        encode = getattr(self.encoder, "encode_questions", self.encoder.encode)
        return "[" + ",".join(f"{value:.9g}" for value in encode([question])[0].tolist()) + "]"


class PostgresRanks:
    """`slm.rag.ranks.Ranks` of a `PostgresStore`."""

    def __init__(self, store: PostgresStore):
        self.store = store
        self.lexical = PostgresWords(store)
        self.vectors: PostgresVectors | None = None
        self.reranker: Reranker | None = None
        self._languages = [language for language in store.languages() if language]
        self._mean = max(1, int(store.about("words") or 0)) / max(1, self.lexical.size)
        if fingerprint := store.about(vectors.ENCODER):
            with store.beside(vectors.ENCODER) as folder:
                self.vectors = PostgresVectors(vectors.encoder_of(folder, store), vector_table(fingerprint))
                self.reranker = Reranker.load(folder / vectors.ENCODER)

    def candidates(self, question: str, terms: Sequence[str], phrases: Sequence[str], depth: int) -> list[Candidate]:
        times, stems = Counter(terms), self._stems(terms)
        values = {
            "terms": list(times), "times": list(map(float, times.values())), "depth": depth, "fusion": FUSION,
            "size": float(self.lexical.size), "least": K1 * (1 - B), "each": K1 * B / self._mean,
            "words": [word for word, _ in stems], "stems": [stem for _, stem in stems],
            "phrases": phrase_query(phrases),
        }  # fmt: skip
        if self.vectors is not None:
            values["vector"] = self.vectors.of_question(question)
            if depth > NEAREST:
                near = (str(min(depth, MOST_NEAREST)),)
                self.store.query("SELECT set_config('hnsw.ef_search', %s, false)", near)
        table = self.vectors.table if self.vectors else ""
        rows = self.store.query(search_query(table, bool(phrases)), values)
        return [self._candidate(*row) for row in rows]

    def _candidate(
        self, passage: int, score: float, by_words: int | None, bm25: float, by_vectors: int | None, cosine: float
    ) -> Candidate:
        ranks = {lexical.NAME: by_words, vectors.NAME: by_vectors}
        scores = {lexical.NAME: bm25} | ({vectors.NAME: cosine} if self.vectors else {})
        return Candidate(passage, score, {name: rank for name, rank in ranks.items() if rank is not None}, scores)

    def _stems(self, terms: Sequence[str]) -> list[tuple[str, str]]:
        """(word, stem) of all terms of a question in each language of the index, but for words that are their stem."""
        words = list(dict.fromkeys(terms))
        pairs = {pair for language in self._languages
                 for pair in zip(words, stemmer(language)(words), strict=True)}  # fmt: skip
        return sorted(pair for pair in pairs if pair[0] != pair[1])
