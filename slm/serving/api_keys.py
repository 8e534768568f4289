"""API keys from a file: a line is a key, or a name and a key. Compared without telling by time how much was right."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from pathlib import Path

from slm.errors import ConfigError

SHORTEST = 16  # characters of a key
MAKE_ONE = """python -c "import secrets; print(secrets.token_urlsafe(32))" > keys.txt"""


class ApiKeys:
    """Keys by the names of those who hold them; the keys themselves are not kept."""

    def __init__(self, keys: dict[str, str]):
        self._sums = {name: hashlib.sha256(key.encode()).digest() for name, key in keys.items()}

    def holder(self, authorization: bytes) -> str | None:
        """Whose key an Authorization header carries ('Bearer KEY', or 'Basic' with the key as password, which is what
        browsers send), or None. All keys are compared, whichever fits."""
        found = None
        given = hashlib.sha256(_key_in(authorization)).digest()
        for name, expected in self._sums.items():
            if hmac.compare_digest(given, expected):
                found = name
        return found


def _key_in(authorization: bytes) -> bytes:
    scheme, _, value = authorization.partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip()
    if scheme.lower() == b"basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return b""


def read_api_keys(path: Path) -> ApiKeys:
    """Raises ConfigError where the file cannot be read, holds no key, a short one, or a name or key twice."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ConfigError(f"{path}: expected a file with API keys ({reason}); make one: {MAKE_ONE}") from None
    keys: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        name, key = words[0] if len(words) == 2 else f"key-{number}", words[-1]
        if len(words) > 2 or len(key) < SHORTEST:
            raise ConfigError(
                f"{path}, line {number}: expected KEY or NAME KEY, a key of {SHORTEST} characters or more"
            )
        if name in keys or key in keys.values():
            raise ConfigError(f"{path}, line {number}: this name or key stands there twice")
        keys[name] = key
    if not keys:
        raise ConfigError(f"{path}: expected API keys, one a line, found none; make one: {MAKE_ONE}")
    return ApiKeys(keys)
