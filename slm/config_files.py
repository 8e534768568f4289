"""Settings as frozen dataclasses, read from and written to TOML and JSON, strictly.

An unknown key, a wrong type or a missing value is a `ConfigError` that names the key, where it stands and the
nearest known name. This module knows nothing about what the settings mean.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from slm.errors import ConfigError, nearest

T = TypeVar("T")


def from_dict(cls: type[T], values: dict[str, Any], where: str) -> T:
    """Build the dataclass `cls` from nested dictionaries; `where` (a file, an option) stands in every error."""
    return _build(cls, values, where, prefix="")


def to_dict(settings: Any) -> dict[str, Any]:
    """The nested dictionary of a settings dataclass, with lists for tuples, as JSON and TOML want it."""
    return json.loads(json.dumps(dataclasses.asdict(settings)))


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file; `ConfigError` names the file and the line that could not be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: expected a TOML file, found nothing there") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as TOML ({error}); mend that line") from None


def apply_assignments(values: dict[str, Any], assignments: list[str]) -> dict[str, Any]:
    """Return `values` with each ``a.b=value`` of `assignments` put in its place (TOML values; bare words are text)."""
    values = json.loads(json.dumps(values))
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not all(key.strip().split(".")):
            raise ConfigError(f"--set expects key=value, such as training.learning_rate=3e-4; got {assignment!r}")
        *sections, name = key.strip().split(".")
        target = values
        for section in sections:
            target = target.setdefault(section, {})
            if not isinstance(target, dict):
                raise ConfigError(f"--set {key.strip()}: {section!r} is one value, not a section with keys in it")
        target[name] = _parse_value(text.strip())
    return values


def _parse_value(text: str) -> Any:
    try:
        values = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return values["value"] if len(values) == 1 else text


@functools.cache
def _field_types(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _build(cls: type[T], values: Any, where: str, prefix: str) -> T:
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: {prefix.rstrip('.')} expects a section with keys, got {values!r}")
    known = {field.name: field for field in dataclasses.fields(cls)}
    for name in values:
        if name not in known:
            raise ConfigError(f"{where}: unknown key {prefix + name!r}; {nearest(name, known)}")
    hints = _field_types(cls)
    built = {name: _convert(hints[name], value, where, prefix + name) for name, value in values.items()}
    required = (
        field.name
        for field in known.values()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )
    missing = [name for name in required if name not in built]
    if missing:
        raise ConfigError(f"{where}: missing key {prefix + missing[0]!r}")
    try:
        return cls(**built)
    except ConfigError as error:
        raise ConfigError(f"{where}: {prefix.rstrip('.')}{': ' if prefix else ''}{error}") from None


def _convert(kind: Any, value: Any, where: str, key: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        kinds = [kind for kind in arguments if kind is not type(None)]
        return _convert(next((kind for kind in kinds if type(value) is kind), kinds[0]), value, where, key)
    if dataclasses.is_dataclass(kind):
        return _build(kind, value, where, prefix=f"{key}.")
    if origin is tuple:
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_convert(arguments[0], item, where, f"{key}[{n}]") for n, item in enumerate(items))
    if origin is dict:
        if not isinstance(value, dict):
            raise ConfigError(f"{where}: {key} expects a table, got {value!r}")
        return {str(k): _convert(arguments[1], v, where, f"{key}.{k}") for k, v in value.items()}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
        raise ConfigError(f"{where}: {key} expects {names.get(kind, kind.__name__)}, got {value!r}")
    return value
