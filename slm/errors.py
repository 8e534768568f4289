"""The exceptions that slm raises for its users, in one family.

    SlmError                    anything a person can act on; the command line prints it as one line
    ├── ConfigError             a setting, a recipe or a command-line value is wrong
    ├── DataError               documents or a token store cannot be read, or are not what they say
    ├── ModelError              a model folder or checkpoint cannot be used
    ├── TrainingError           a run cannot start or cannot go on
    ├── NetworkError            something has to be fetched and cannot be
    ├── MissingExtra            an optional package is needed; names the exact install command
    └── Stopped                 the person stopped the command (Ctrl-C, SIGTERM); carries the exit code

Every message says three things: what was expected, what came, what to do next. Mistakes of our own are
assertions and plain Python errors, never these.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType


class SlmError(Exception):
    """A problem that the person at the keyboard can solve. ``str(error)`` is one line."""

    exit_code = 1


class ConfigError(SlmError):
    """A setting, a recipe or a command-line value is wrong."""

    exit_code = 2


class DataError(SlmError):
    """Documents or a token store cannot be read, or are not what they claim to be."""


class ModelError(SlmError):
    """A model folder or checkpoint is missing, damaged, or computed differently from GPT-2."""


class TrainingError(SlmError):
    """A run cannot start or cannot go on."""


class NetworkError(SlmError):
    """Something must be fetched, and the network or the other side does not answer."""


class MissingExtra(SlmError):
    """A package outside the core is needed."""


class Stopped(SlmError):
    """The person stopped the command; what was worth keeping has been saved."""

    def __init__(self, message: str, exit_code: int = 130):
        super().__init__(message)
        self.exit_code = exit_code


def import_extra(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional package, or raise `MissingExtra` with the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"{purpose} needs the package {module.partition('.')[0]!r}, which is not installed ({error}): "
            f"pip install 'slm-toolkit[{extra}]'"
        ) from None


def nearest(name: str, known: Iterable[str]) -> str:
    """' Did you mean a or b?' for the names nearest to `name`; the whole list where nothing is near."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"known: {', '.join(known)}"
