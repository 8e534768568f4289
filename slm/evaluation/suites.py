"""Suites: small TOML files that say what is measured on which files, and the files that a person or a run has for them.

Knows nothing about models, nor how anything is measured.
"""

from __future__ import annotations

import fnmatch
import importlib.resources
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slm.config_files import from_dict, read_toml
from slm.data.files import is_known
from slm.errors import ConfigError, DataError, nearest
from slm.evaluation import unanswerable

OF_MODEL, OF_INDEX, OF_TUNING = ("multiple_choice", "answers"), ("retrieval", "citation", "abstention"), "forgetting"
KINDS = (*OF_MODEL, *OF_INDEX, OF_TUNING)


@dataclass(frozen=True)
class Measure:
    """One thing that a suite measures."""

    name: str
    """Name of its section in the results; also `--data name=FILE`."""
    kind: str
    """'multiple_choice' by log-likelihood, 'answers' against references; of an index 'retrieval', 'citation' or
    'abstention'; 'forgetting', which the run of a tuned model knows."""
    files: tuple[str, ...] = ()
    """File names, with * and ?, by which its questions are known; none for 'forgetting'."""
    train: tuple[str, ...] = ()
    """The same for training records, whose commonest answer is a baseline of 'answers'; --data name.train=FILE."""
    columns: dict[str, str] = field(default_factory=dict)
    """Column of each field where well-known names do not find it."""
    max_new_tokens: int = 200
    """Tokens of an answer at most."""
    unanswerable: tuple[str, ...] = tuple(unanswerable.KINDS)
    """Of 'abstention': the built-in kinds of question that no document of the index answers."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"kind expects {', '.join(KINDS)}; got {self.kind!r}")
        if not self.name or not self.name.replace("_", "").replace("-", "").isalnum():
            raise ConfigError(f"name expects letters, digits, '_' and '-', got {self.name!r}")
        if not self.files and self.kind != OF_TUNING:
            raise ConfigError("files expects at least one file name, got none")
        if not self.unanswerable or not set(self.unanswerable) <= unanswerable.KINDS.keys():
            kinds = ", ".join(unanswerable.KINDS)
            raise ConfigError(f"unanswerable expects some of {kinds}; got {', '.join(self.unanswerable) or 'none'}")
        if self.max_new_tokens < 1:
            raise ConfigError(f"max_new_tokens expects a whole number from 1 up, got {self.max_new_tokens}")


@dataclass(frozen=True)
class Suite:
    """What is measured."""

    name: str
    """The name of its TOML file; results are kept in evaluation_<name>.json."""
    description: str
    """One sentence for people."""
    measures: tuple[Measure, ...]
    """What is measured, in this order."""

    def __post_init__(self) -> None:
        names = [measure.name for measure in self.measures]
        if not names or len(set(names)) < len(names):
            raise ConfigError(f"measures expects one or more of different names, got {', '.join(names) or 'none'}")


@dataclass(frozen=True)
class Found:
    """The files of a measure; `questions` is None where there are none."""

    measure: Measure
    questions: Path | None
    train: Path | None


def suite_names() -> dict[str, Path]:
    """The suites that come with slm, by name."""
    folder = Path(str(importlib.resources.files("slm"))) / "evaluation" / "suites"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_suite(name: str) -> Suite:
    """The suite called `name`, or in the file `name`. Raises ConfigError for what is none."""
    known = suite_names()
    path = known.get(name) or Path(name)
    if name not in known and path.suffix != ".toml":
        raise ConfigError(f"no suite {name!r}; {nearest(name, known)} (a path that ends in .toml is read as a file)")
    return from_dict(Suite, {"name": path.stem, **read_toml(path)}, where=f"suite {name}")


def find_files(suite: Suite, data: Sequence[str], beside: Iterable[Path] = ()) -> list[Found]:
    """The files of each measure among `data`: files, folders, and NAME=FILE for a measure (or NAME.train=FILE). Where
    `data` is empty, among the folders `beside` which a run's own files lie.

    Raises ConfigError for a file that no measure takes, DataError for one that is not there.
    """
    named: dict[str, Path] = {}
    files: list[Path] = []
    for word in data:
        name, equals, path = word.partition("=")
        if equals and not Path(word).exists():
            known = [part for measure in suite.measures for part in (measure.name, f"{measure.name}.train")]
            if name not in known:
                raise ConfigError(f"--data {word}: suite {suite.name} measures no {name!r}; {nearest(name, known)}")
            named[name] = _existing(path)
        elif Path(word).is_dir():
            files += _files_in(Path(word))
        else:
            files.append(_taken(_existing(word), suite))
    if not data:
        files = [path for folder in dict.fromkeys(beside) for path in _files_in(folder)]

    def first(name: str, patterns: Sequence[str]) -> Path | None:
        matching = (path for pattern in patterns for path in files if fnmatch.fnmatch(path.name, pattern))
        return named.get(name) or next(matching, None)

    return [
        Found(measure, first(measure.name, measure.files), first(f"{measure.name}.train", measure.train))
        for measure in suite.measures
    ]


def missing(found: Found) -> str:
    """What to say of a measure without its file."""
    return f"no file {' or '.join(found.measure.files)}; give it with --data {found.measure.name}=FILE"


def _existing(word: str) -> Path:
    if not Path(word).is_file():
        raise DataError(f"--data {word}: expected a file or a folder, found none there")
    return Path(word)


def _taken(path: Path, suite: Suite) -> Path:
    patterns = [pattern for measure in suite.measures for pattern in (*measure.files, *measure.train)]
    if not any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns):
        names = " or ".join(measure.name for measure in suite.measures if measure.files)
        raise ConfigError(
            f"--data {path}: suite {suite.name} knows {', '.join(patterns)}; say what it is: --data NAME={path}, NAME "
            f"being {names}"
        )
    return path


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file() and is_known(path.name))
