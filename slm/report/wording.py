"""Numbers, sizes, times and dates as people read them: '30.0 million', '18 min 20 s', '12.4 MB'.

A number and its unit are held together by a no-break space. What is not known is a dash, never a zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

UNKNOWN = "–"
NBSP = "\N{NO-BREAK SPACE}"
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def count(value: float | None) -> str:
    """15213 -> '15,213'."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def architecture(recipe: Mapping[str, Any]) -> str:
    """'GPT-2' or 'Qwen3', as people write it."""
    model = recipe.get("model")
    return "Qwen3" if isinstance(model, Mapping) and model.get("architecture") == "qwen3" else "GPT-2"


def large(value: float | None) -> str:
    """29966976 -> '30.0 million'; below a million all digits are shown."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        # 999,950,000 rounds to '1000.0 million' otherwise
        if value is not None and value >= size * 0.9995:
            return f"{value / size:.1f}{NBSP}{word}"
    return count(value)


def size(value: float | None) -> str:
    """Bytes in decimal units: 12362666 -> '12.4 MB'."""
    if value is None:
        return UNKNOWN
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= unit * 0.9995:
            return f"{value / unit:.1f}{NBSP}{name}"
    return f"{value:.0f}{NBSP}bytes"


def duration(seconds: float | None) -> str:
    """1100 -> '18 min 20 s'; 7500 -> '2 h 05 min'; 4.25 -> '4.3 s'."""
    if seconds is None:
        return UNKNOWN
    if seconds < 59.95:
        return f"{seconds:.1f}{NBSP}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{NBSP}min{NBSP}{rest:02d}{NBSP}s" if rest else f"{minutes}{NBSP}min"
    return f"{minutes // 60:,}{NBSP}h{NBSP}{minutes % 60:02d}{NBSP}min"


def decimal(value: float | None, digits: int = 3) -> str:
    """1.21954 -> '1.220'; a large one without a meaningless tail: 48210.3 -> '48,210'."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """A difference with a true minus sign: -0.5 -> '−0.500'."""
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else "±"
    return f"{sign}{abs(value):.{digits}f}"


def percent(share: float | None, digits: int = 1) -> str:
    """0.0421 -> '4.2 %'."""
    return UNKNOWN if share is None else f"{100 * share:.{digits}f}{NBSP}%"


def compact(value: float) -> str:
    """A setting or a tick, short and exact: 0.0001 -> '0.0001', 3e-05 -> '3 × 10⁻⁵', 5000 -> '5,000'."""
    if value and abs(value) < 1e-4:
        exponent = math.floor(math.log10(abs(value)))
        raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{value / 10**exponent:.4g}{NBSP}×{NBSP}10{raised}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"


def source(name: str) -> str:
    """A source without the folders it lies in: '/data/stories.txt' -> 'stories.txt'; 'hub:owner/name' as it is."""
    return name if name.startswith(("hub:", "samples:")) else PurePath(name).name or name


def shortened(title: str, data: str) -> str:
    """A title that names the sources `data` (with commas between), without their folders."""
    for name in data.split(", "):
        title = title.replace(name, source(name)) if name else title
    return title


def rate(value: float) -> str:
    """A learning rate in two digits, as there is little room beside an axis: 0.000122951 -> '0.00012'."""
    return compact(float(f"{value:.2g}"))


def date(moment: Any) -> str:
    """'2026-11-22T18:00:00+00:00' -> '22 November 2026, 18:00 UTC'; anything else as it came."""
    try:
        when = datetime.fromisoformat(str(moment))
    except ValueError:
        return str(moment) if moment else UNKNOWN
    zone = f"{NBSP}{when.tzname()}" if when.tzinfo else ""
    return f"{when.day}{NBSP}{MONTHS[when.month - 1]} {when.year}, {when:%H:%M}{zone}"


def setting(value: Any) -> str:
    """A value of a recipe: true -> 'yes', null -> a dash, lists with commas."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return compact(value) if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(setting, value)) or UNKNOWN
    return str(value)


def words(key: str) -> str:
    """A key as a label: 'learning_rate' -> 'Learning rate'."""
    return key.replace("_", " ").strip().capitalize()


def listed(items: list[str] | tuple[str, ...]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    *most, last = items or [UNKNOWN]
    return f"{', '.join(most)} and {last}" if most else last
