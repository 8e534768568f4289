"""A domain: what belongs to a subject and not to the machinery. The notice, signs of an emergency, the prompt's words.

`general` and `medical` come with slm; a path that ends in .toml is read as somebody's own. A recipe names a domain, and
a run and every model folder carry a copy of the file, so that what was said of a model travels with it. `heading` is
what all front ends put before an answer. Knows nothing about models or about how an answer is made.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from slm.config_files import from_dict
from slm.data.prompt_format import Headings, PromptFormat
from slm.emergency import Emergency, EmergencyList
from slm.errors import ConfigError, nearest
from slm.language import may_be_in

FILE = "domain.toml"
"""Its name in a run and in a model folder."""
NOTICE_ON = ("answers", "everything")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class DomainSettings:
    """The keys of a domain's file."""

    name: str
    """A short name: letters, digits, dots, dashes."""
    notice: str
    """What the reader of an answer has to know, in a sentence or two."""
    limits: str = ""
    """One more sentence for the model card and the report: what must not be done with answers."""
    notice_on: str = "answers"
    """'answers': of models that were tuned on questions; 'everything': also what a base model goes on with."""
    languages: tuple[str, ...] = ("en",)
    """The languages that are covered, as codes: en, de."""
    prompt: Headings = field(default_factory=Headings)
    """The headings of the prompt format, which a model of this domain learns."""
    emergency: EmergencyList | None = None
    """Signs of an emergency and what to advise; a domain need not have any."""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ConfigError(f"name expects letters, digits, dots and dashes, got {self.name!r}")
        if not self.notice.strip() or "\n" in self.notice.strip():
            raise ConfigError(f"notice expects one line of text, got {self.notice!r}")
        if self.notice_on not in NOTICE_ON:
            raise ConfigError(f"notice_on expects {' or '.join(NOTICE_ON)}, got {self.notice_on!r}")
        if not self.languages:
            raise ConfigError("languages expects at least one code, such as en, got none")


@dataclass(frozen=True)
class Domain:
    """A domain that was read; `text` is its file, to be copied."""

    settings: DomainSettings
    text: str = field(repr=False)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def notice(self) -> str:
        return self.settings.notice.strip()

    @property
    def limits(self) -> str:
        return self.settings.limits.strip()

    @property
    def languages(self) -> tuple[str, ...]:
        return self.settings.languages

    def prompt_format(self, reasoning: str | bool = "drop") -> PromptFormat:
        """The prompt format of a model of this domain, with a section to reason in or without."""
        return PromptFormat(reasoning, self.settings.prompt)

    def emergency(self, question: str) -> Emergency | None:
        """The sign of an emergency that `question` tells of; None where there is none, or the domain knows none."""
        return self.settings.emergency.find(question) if self.settings.emergency else None

    def remark(self, question: str) -> str:
        """What to say to a question in a language in which signs of an emergency are not looked for; else ''."""
        listed = self.settings.emergency
        if listed is None or may_be_in(question, self.languages):
            return ""
        return listed.other_languages


@dataclass(frozen=True)
class Heading:
    """What stands before an answer: first the advice where there are signs of an emergency."""

    emergency: Emergency | None = None
    remark: str = ""
    notice: str = ""

    def lines(self) -> list[str]:
        """For people, in this order: advice, remark, notice; none of those that there is no reason for."""
        return [line for line in (self.emergency.advice if self.emergency else "", self.remark, self.notice) if line]

    def fields(self) -> dict[str, Any]:
        """For programs: `emergency` (kind, title, advice, phrase, pattern, sources), `remark`, `notice`; no others."""
        values = {"emergency": asdict(self.emergency) if self.emergency else None}
        values |= {"remark": self.remark, "notice": self.notice}
        return {name: value for name, value in values.items() if value}


def heading(domain: Domain, question: str, answers: bool = True) -> Heading:
    """What stands before the answer to `question`, or, where the model `answers` no questions, before its text."""
    shown = answers or domain.settings.notice_on == "everything"
    return Heading(domain.emergency(question), domain.remark(question), domain.notice if shown else "")


def domain_names() -> dict[str, Path]:
    """The domains that come with slm, by name."""
    folder = Path(str(importlib.resources.files("slm"))) / "domains"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_domain(name: str) -> Domain:
    """The domain called `name`, or in the file `name`. Raises ConfigError for one that there is not, and for a file
    that is none, with the key that is wrong."""
    known = domain_names()
    if name in known:
        return _built_in(name)
    if not name.endswith(".toml"):
        raise ConfigError(f"no domain {name!r}; {nearest(name, known)} (a path that ends in .toml is read as a file)")
    return read_domain(Path(name))


def read_domain(path: Path) -> Domain:
    """The domain in a file. Raises ConfigError with its name and what is wrong."""
    try:
        return _domain_of(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: expected a domain's file, found nothing there") from None
    except OSError as error:
        raise ConfigError(f"{path}: expected a domain's file ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not readable as TOML ({error}); mend that line") from None
    except ConfigError as error:
        raise ConfigError(f"{path}{error}") from None


@functools.lru_cache(maxsize=8)
def _domain_of(text: str) -> Domain:
    """The domain that a file's `text` describes. Every model and run has a copy of its own, and a list of emergencies
    takes a third of a second to read. Raises ConfigError that lacks the file's name before its colon."""
    return Domain(from_dict(DomainSettings, tomllib.loads(text), where=""), text)


def domain_of_old(answers: bool) -> Domain:
    """The domain of a model or run from before there were any: those that answered had the medical notice."""
    return _built_in("medical" if answers else "general")


def run_domain(run: Path) -> Domain:
    """The domain that a run's folder has a copy of; for older runs, which learned medical answers, the medical one."""
    return read_domain(run / FILE) if (run / FILE).is_file() else domain_of_old(answers=True)


@functools.cache
def _built_in(name: str) -> Domain:
    return read_domain(domain_names()[name])
