"""Where slm keeps what can be made or fetched again: $SLM_CACHE, or slm/ in $XDG_CACHE_HOME or ~/.cache.

It may be deleted at any time.
"""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    if folder := os.environ.get("SLM_CACHE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slm"
