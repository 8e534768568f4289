"""Where an index is: a folder, or a schema in a database of a PostgreSQL server. Opens nothing.

An address is libpq's (``postgresql://user@host:port/database?...``) with one word more, ``schema``. A password in it is
kept for the connection alone: `str` and `repr` leave it out, and no message quotes what could not be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

from slm.errors import ConfigError

SCHEMA = "slm"
"""Of an address that names none."""
SHOWN = ("host", "port", "dbname", "user", "service")
"""What an address may say behind the question mark that is no secret."""
_SCHEME = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Address:
    """One index on a server; `str` shows it without secrets."""

    connection: str = field(repr=False)
    """For libpq, secrets included."""
    schema: str
    shown: str

    def __str__(self) -> str:
        return self.shown

    @classmethod
    def of(cls, text: str) -> Address:
        """Raises ConfigError for what is no address, without a word of it: it may hold a password."""
        rest = text[_SCHEME.match(text).end() :]
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        path, _, query = rest[len(authority) :].partition("?")
        if authority.count("@") > 1 or "@" in path + query or "#" in rest:
            raise ConfigError(
                "expected an address such as postgresql://user@host/database?schema=manuals, got one with @ or # where "
                "none can be; write @ as %40, # as %23, / as %2F, ? as %3F in names and passwords"
            )
        asked = parse_qsl(query, keep_blank_values=True)
        schema = next((value for name, value in reversed(asked) if name == "schema"), SCHEMA)
        if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
            raise ConfigError(
                f"schema expects a name of small letters, digits and _, at most 63 and not pg_..., got {schema!r}"
            )
        others = [(name, value) for name, value in asked if name != "schema"]
        user, _, hosts = authority.rpartition("@")
        user = user.partition(":")[0] + "@" if user.partition(":")[0] else ""
        kept = [(name, value) for name, value in others if name in SHOWN] + [("schema", schema)] * (schema != SCHEMA)
        shown = f"postgresql://{user}{hosts}{path}" + _query(kept)
        connection = f"postgresql://{authority}{path}" + _query(others)
        return cls(connection, schema, shown)


def _query(words: list[tuple[str, str]]) -> str:
    return "?" + urlencode(words, safe="/,", quote_via=quote) if words else ""  # libpq knows no + for a space


Place = Path | Address


def is_address(text: str) -> bool:
    return _SCHEME.match(text) is not None


def place_of(text: str | Place) -> Place:
    """What a person named: an address of a server, else a folder. Raises ConfigError."""
    if not isinstance(text, str):
        return text
    return Address.of(text) if is_address(text) else Path(text)
