"""From question-answer pairs to an encoder's folder: vocabulary, hard negatives, encoder, reranker, one atomic write.

Wires the pieces together. What it reports comes from held-out questions that neither stage learned from.
"""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slm import __version__
from slm.data.documents import DocumentsConfig, open_documents
from slm.data.tokenizer import Tokenizer
from slm.data.tokenizer_training import train_bpe
from slm.errors import ConfigError, import_extra
from slm.rag.encoder_folder import check_target, read_record, write_folder
from slm.rag.encoder_training import EncoderSettings, TrainedEncoder, train_encoder
from slm.rag.languages import language_of
from slm.rag.match_features import WordWeights, match_features
from slm.rag.pairs import Pairs, sorted_pairs
from slm.rag.reranker import CANDIDATES
from slm.rag.reranker_training import Judged, train_reranker
from slm.rag.terms import terms
from slm.training.observer import Observer

HARD_NEGATIVES = 20  # of each question, of which one a step is taken
LOOKED_AT = 50  # of BM25's best, to find them


@dataclass(frozen=True)
class MadeEncoder:
    """A folder that was written, and what encoder.json says of its making."""

    folder: Path
    training: dict[str, Any]


def make_encoder(
    documents: DocumentsConfig, out: Path, settings: EncoderSettings, observer: Observer | None = None
) -> MadeEncoder:
    """Train on the pairs of `documents` and write the folder `out`. Raises SlmError; then `out` is as it was."""
    if documents.kind != "question_answer":
        raise ConfigError(f"an encoder learns from question_answer records, got kind {documents.kind!r}")
    check_target(out)
    observer = observer or Observer()
    stream = open_documents(documents)
    pairs = sorted_pairs(stream)
    questions = pairs.held_out_questions()
    observer.message(
        f"{len(pairs.train):,} pairs to train on, {len(questions):,} questions held out, "
        f"{len(pairs.answers):,} distinct answers"
    )
    observer.message("making a vocabulary, and ranking answers by BM25 to find hard negatives")
    tokenizer = train_bpe(_training_text(pairs), settings.vocabulary)
    lexical = AnswersByWords(pairs.answers)
    trained = train_encoder(pairs, tokenizer, hard_negatives(pairs, lexical, observer), settings, observer)
    words = WordWeights.of(pairs.answers[number] for number in sorted({pair.answer for pair in pairs.train}))
    judged = _judged(pairs, questions, tokenizer, trained, lexical, words, observer)
    reranker, reranked = train_reranker(judged, words, settings.seed)
    record = {
        "slm": __version__,
        "settings": dataclasses.asdict(settings),
        "training": {
            "sources": stream.sources, "fingerprint": stream.fingerprint, "pairs": len(pairs.train),
            "held_out_questions": len(questions), "answers": len(pairs.answers), "epoch": trained.epoch,
            "encoder": trained.figures, "reranker": reranked,
        },
        "words": {"documents": words.documents, "counts": words.counts},
    }  # fmt: skip
    record = json.loads(json.dumps(record, default=str))
    write_folder(out, record, tokenizer.definition, trained.tensors, reranker)
    read_record(out)
    return MadeEncoder(out, record["training"])


class AnswersByWords:
    """BM25 over the answers of the pairs, in the terms that an index of passages counts."""

    def __init__(self, answers: list[str]):
        self._language = commonest_language(answers)
        vocabulary: dict[str, int] = {"": 0}
        rows = [
            [vocabulary.setdefault(term, len(vocabulary)) for term in terms(answer, self._language)]
            for answer in answers
        ]
        self._index = import_extra("bm25s", "rag", "training an encoder").BM25()
        self._index.index((rows, vocabulary), show_progress=False)

    def scores(self, question: str) -> np.ndarray:
        """(answers,) float32."""
        return self._index.get_scores(terms(question, self._language))


def commonest_language(texts: list[str], count: int = 200) -> str:
    """The language that most of so many texts are in, drawn evenly from all; '' where that is unknown."""
    drawn = texts[:: max(1, len(texts) // count)]
    return collections.Counter(map(language_of, drawn)).most_common(1)[0][0]


def hard_negatives(pairs: Pairs, lexical: AnswersByWords, observer: Observer) -> list[list[int]]:
    """For each training pair the answers that BM25 ranks high and that are not right, of training answers alone: a
    held-out answer that is pushed away in training would be found less often than one that is new."""
    trained = {pair.answer for pair in pairs.train}
    found = []
    for done, pair in enumerate(pairs.train, 1):
        wrong = trained - pairs.right_answers(pair.question)
        best = _best(lexical.scores(pair.question), LOOKED_AT)
        found.append([int(number) for number in best if int(number) in wrong][:HARD_NEGATIVES])
        if done % 100 == 0 or done == len(pairs.train):
            observer.working("ranking answers by BM25", done, len(pairs.train))
    return found


def _judged(
    pairs: Pairs, questions: list[str], tokenizer: Tokenizer, trained: TrainedEncoder, lexical: AnswersByWords,
    words: WordWeights, observer: Observer,
) -> list[Judged]:  # fmt: skip
    """The candidates of each held-out question, as the retriever will have them."""
    encoder = trained.encoder(tokenizer)
    passages, asked = encoder.encode(pairs.answers), encoder.encode_questions(questions)
    found = []
    for done, question in enumerate(questions, 1):
        by_words, by_vectors = lexical.scores(question), passages @ asked[done - 1]
        numbers = np.union1d(_best(by_words, CANDIDATES), _best(by_vectors, CANDIDATES))
        texts = [pairs.answers[number] for number in numbers]
        features = match_features(question, texts, by_words[numbers], by_vectors[numbers], words)
        found.append(Judged(numbers, features, pairs.right_answers(question)))
        observer.working("training the reranker", done, len(questions))
    return found


def _best(scores: np.ndarray, k: int) -> np.ndarray:
    """The places of the `k` highest scores, the best first."""
    k = min(k, len(scores))
    best = np.argpartition(-scores, k - 1)[:k]
    return best[np.argsort(-scores[best], kind="stable")]


def _training_text(pairs: Pairs) -> Iterator[str]:
    for pair in pairs.train:
        yield pair.question.lower()
        yield pairs.answers[pair.answer].lower()
