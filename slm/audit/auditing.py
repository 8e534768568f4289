"""The audit of a run, or of documents before there is one: open what it needs, look, keep what was found as sections.

    evaluation_audit.json                 as a suite's file: sections for people and figures for programs
    evaluation_audit_overlap.jsonl        a line for each held-out text that stands in the training text
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from slm import __version__
from slm.atomic_write import write_text
from slm.audit.canaries import canary_section, exposures, read_canaries
from slm.audit.continuations import PROMPTS, TOKENS, continued, draw_pieces, heart_section
from slm.audit.held_out import HeldOut, kept_scores, store_texts, stream_texts, suite_texts
from slm.audit.minhash import NearDuplicates, Twin
from slm.audit.overlap import EDITABLE, FOUND, LONG, SHORTEST, Match, Overlap
from slm.audit.rescoring import rescored, rescored_bits, rescored_section
from slm.data.documents import DocumentStream
from slm.data.split_files import evenly_spread
from slm.data.token_store import TokenStore
from slm.errors import ConfigError, DataError
from slm.evaluation.bits_per_byte import document_losses
from slm.evaluation.sections import AUDIT, Findings, Section, Table, keep_sections, suite_path
from slm.model_folder import ModelFolder
from slm.stage import recorded_store
from slm.suite import SuiteSettings, Work
from slm.training.observer import Observer
from slm.training.run_folder import RunFolder, now

SCORED_DOCUMENTS = 200  # of the validation text, where some of it was found
TOLD = 500  # documents between two reports of progress
SHOWN = 200  # characters of a text in the list of what was found


@dataclass(frozen=True)
class AuditSettings:
    """How a run is audited."""

    prompts: int = PROMPTS
    """Continuations of training text, and as many of validation text; 0 leaves this out."""
    seed: int = 0
    """Decides which."""
    canaries: Path | None = None
    """The file of canaries that the run was trained with."""
    engine: str = "auto"
    """As for a suite."""
    threads: int = 0
    """Of the CPU; 0 takes all cores."""

    def __post_init__(self) -> None:
        if self.prompts < 0:
            raise ConfigError(f"--prompts expects a number of continuations, or 0 for none, got {self.prompts}")


@dataclass
class Audit(Findings):
    """What an audit found, and in `overlaps` a line for each overlapping text."""

    overlaps: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return super().as_dict() | {"overlaps": self.overlaps}

    def keep(self, run: RunFolder) -> Path:
        """Write it into a run; the path of the figures."""
        path = suite_path(run.path, AUDIT)
        lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.overlaps)
        write_text(path.with_name(f"{path.stem}_overlap.jsonl"), lines)
        keep_sections(path, self.header, self.sections)
        return path


def audit_documents(stream: DocumentStream, others: Iterable[HeldOut], observer: Observer) -> Audit:
    """The overlap of documents' training split with their validation split and with `others`."""
    held = [HeldOut("validation", [text for text, _ in stream_texts(stream, "validation")]), *others]
    audit = Audit(_header("documents", ", ".join(stream.config.source), ""))
    total = stream.bytes_total

    def progress(done: int) -> None:
        if total:
            observer.working("overlap", min(stream.bytes_read, total - 1), total)

    _overlap(audit, held, stream_texts(stream, "train"), list(stream.config.source), progress)
    return audit


def audit_run(
    run: RunFolder, folder: ModelFolder, others: Iterable[HeldOut], settings: AuditSettings, observer: Observer
) -> Audit:
    """Overlap with all that the run and those it came from learned from, scores without it, memorisation.

    Raises DataError where the run's own token store is gone.
    """
    canaries = read_canaries(settings.canaries) if settings.canaries else []
    audit = Audit(_header("run", str(folder.path), folder.sha256))
    record = run.read()
    own = recorded_store(record)
    stores = [own, *_before(run, record, audit.header["missing"])]
    held = [HeldOut("validation", list(store_texts(own, own.validation)))]
    held += kept_scores(run.path, audit.header["missing"])
    held += [other for other in others if other.name not in {one.name for one in held}]
    train = (pair for store in stores for pair in _named(store))
    total = sum(store.train.documents for store in stores)
    matches = _overlap(audit, held, train, [str(store.folder) for store in stores],
                       lambda done: observer.working("overlap", done, total))  # fmt: skip
    work = Work(folder, run, SuiteSettings(engine=settings.engine, threads=settings.threads), observer, None, None)
    _rescore(audit, held, matches, own, work)
    if settings.prompts:
        tokens = min(TOKENS, work.writer.context // 2)
        audit.sections["heart"] = _by_heart(own, work, settings, tokens)
    if canaries:
        model, _, _ = work.scorer
        found = exposures(model, folder.tokenizer, canaries, folder.prompt_format, settings.seed,
                          lambda done, total: observer.working("canaries", done, total))  # fmt: skip
        audit.sections["canaries"] = canary_section(canaries, found)
    return audit


def _header(what: str, name: str, sha256: str) -> dict[str, Any]:
    return {
        "format": 1, "suite": AUDIT, "description": "Overlap of training and held-out text; what was learned by heart.",
        "model" if what == "run" else what: name, "sha256": sha256, "slm": __version__, "created": now(), "missing": {},
    }  # fmt: skip


def _before(run: RunFolder, record: dict[str, Any], missing: dict[str, str]) -> Iterator[TokenStore]:
    """The token stores of the runs that a run came from; `missing` gets a line for each that is gone."""
    seen = {run.name}
    while (name := (record.get("parent") or {}).get("run")) and name not in seen:
        seen.add(name)
        try:
            record = RunFolder(run.path.parent / name).read()
            yield recorded_store(record)
        except DataError as error:
            missing[name] = f"the text that {name} learned from was not looked through: {error}"
            return


def _named(store: TokenStore) -> Iterator[tuple[str, str]]:
    for number, text in enumerate(store_texts(store, store.train), start=1):
        yield text, f"{store.folder}, document {number:,}"


def _overlap(
    audit: Audit, held: Sequence[HeldOut], train: Iterable[tuple[str, str]], names: list[str],
    progress: Callable[[int], None],
) -> dict[str, list[bool]]:  # fmt: skip
    """Look for all held-out texts in the training text; which of them were found, by name."""
    texts = list(dict.fromkeys(text for one in held for text in one.texts))
    overlap, twins = Overlap(texts), NearDuplicates(texts)
    for done, (text, name) in enumerate(train, start=1):
        overlap.see(text, name)
        twins.see(text, name)
        if done % TOLD == 0:
            progress(done)
    of_text = dict(zip(texts, zip(overlap.matches(), twins.matches(), strict=True), strict=True))
    rows, figures, found = [], {}, {}
    for one in held:
        pairs = [of_text[text] for text in one.texts]
        pairs = [(match, twin if match.editable else Twin()) for match, twin in pairs]
        found[one.name] = [match.found or twin.found for match, twin in pairs]
        counts = {
            "texts": len(pairs), "verbatim": sum(match.verbatim for match, _ in pairs),
            "edited": sum(match.found and not match.verbatim for match, _ in pairs),
            "near_duplicates": sum(twin.found and not match.found for match, twin in pairs),
            "passages": sum(match.passages > 0 and not (match.found or twin.found) for match, twin in pairs),
            "too_short": sum(match.too_short for match, _ in pairs),
        }  # fmt: skip
        figures[one.name] = counts
        rows.append((one.name, *(f"{value:,}" for value in counts.values())))
        keys = one.keys or range(1, len(pairs) + 1)
        audit.overlaps += [_line(one.name, key, text, match, twin.share, twin.where)
                           for key, text, (match, twin) in zip(keys, one.texts, pairs, strict=True)
                           if match.found or twin.found]  # fmt: skip
    columns = ("held out", "texts", "verbatim", "edited", "near duplicates", "passages only", "too short")
    notes = (
        f"Looked for in {overlap.documents:,} documents ({overlap.words:,} words) of {', '.join(names)}. Case, "
        "punctuation and white space make no difference. Verbatim: word for word in one training document. Edited: a "
        f"stretch of one holds at least {100 * FOUND:.0f} % of its words and runs of words, weighed by how rare they "
        "are. Near duplicates: a whole document is similar by half, by MinHash. Passages only: some run of "
        f"{LONG} words stands there too, the text as a whole does not: boilerplate, mostly.",
        f"Too short: under {SHORTEST} words. A text under {EDITABLE} words counts where it stands verbatim: with a "
        "word changed it is another text.",
    )
    audit.sections["overlap"] = Section(
        "Overlap with the training text", (Table(columns, tuple(rows)),), notes,
        {"training": names, "documents": overlap.documents, "words": overlap.words, "held_out": figures},
    )  # fmt: skip
    return found


def _line(name: str, key: Any, text: str, match: Match, alike: float, twin: str) -> dict[str, Any]:
    return {
        "held_out": name, "key": key, "verbatim": match.verbatim, "share": round(match.share, 3),
        "jaccard": round(alike, 3), "where": match.where or twin, "text": text[:SHOWN],
    }  # fmt: skip


def _rescore(audit: Audit, held: Sequence[HeldOut], found: dict[str, list[bool]], own: TokenStore, work: Work) -> None:
    """The scores of all that has any, without what was found."""
    rows, figures = [], {}
    for one in held:
        if one.scores:
            more, figures[one.name] = rescored(one, found[one.name])
            rows += more
    out = np.array(found["validation"])
    if out.any():
        model, _, _ = work.scorer
        numbers = evenly_spread(len(out), SCORED_DOCUMENTS)
        losses = document_losses(
            model, own.validation, own.tokenizer, numbers, own.prompt_format is not None,
            progress=lambda done, total: work.observer.working("scoring", done, total),
        )  # fmt: skip
        more, figures["validation"] = rescored_bits(losses, out[numbers])
        rows += more
    if rows:
        audit.sections["rescored"] = rescored_section(rows, figures)


def _by_heart(own: TokenStore, work: Work, settings: AuditSettings, tokens: int) -> Section:
    repeated = {}
    for name in ("training", "validation"):
        split = own.train if name == "training" else own.validation
        pieces = draw_pieces(split, settings.prompts, tokens, settings.seed)
        repeated[name] = continued(work.writer, own.tokenizer, pieces,
                                   lambda done, total: work.observer.working("continuations", done, total))  # fmt: skip
    return heart_section(repeated, tokens, work.writer.name)


__all__ = ["Audit", "AuditSettings", "audit_documents", "audit_run", "suite_texts"]
