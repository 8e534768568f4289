"""Text without what must not be shown: passwords and signatures in addresses, and the secrets of the environment.

What other packages say in their errors goes through here before it stands in a message, a log or a record.
"""

from __future__ import annotations

import os
import re

HIDDEN = "***"
SHORTEST_SECRET = 8  # characters: a shorter value would blot out words that merely contain it
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/\s@]*@")
_QUERY = re.compile(r"(?<![\s*?\[])\?[^\s'\"<>]*=[^\s'\"<>]*")  # name=value after a question mark: of a signed address


def redacted(text: object) -> str:
    """`text` in one line, without user:password@, ?name=value and the values of variables such as *_KEY and *_TOKEN."""
    shown = " ".join(str(text).split())
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET:
            shown = shown.replace(value, HIDDEN)
    return _QUERY.sub(f"?{HIDDEN}", _USER.sub(f"{HIDDEN}@", shown))
