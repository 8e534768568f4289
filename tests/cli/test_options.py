"""Times and sizes as people write them."""

from __future__ import annotations

import pytest

from slm.cli.options import bytes_of, seconds_of
from slm.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600), ("600", 600), ("600s", 600), ("90s", 90), ("1h30m", 5400), ("1h", 3600), ("2d", 172_800),
        ("1.5h", 5400), ("0.5m", 30), (" 10m ", 600), ("1h30", 3630), ("1d2h3m4s", 93_784),
    ],
)  # fmt: skip
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert seconds_of(text, "--budget") == seconds


@pytest.mark.parametrize(
    "text", ["", "0", "0m", "-5m", "ten minutes", "10 m", "10min", "m10", "1e3", "1h,30m", "10m!", "inf", "nan", "."]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--budget expects a time such as 10m, 90s or 1h30m, got "):
        seconds_of(text, "--budget")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4G", 2**32), ("4g", 2**32), ("4GB", 2**32), ("4GiB", 2**32), ("500M", 500 * 2**20), ("1.5G", 3 * 2**29),
        ("64K", 2**16), ("1000", 1000), ("1000B", 1000), (" 2G ", 2**31),
    ],
)  # fmt: skip
def test_a_size_is_read(text: str, size: int) -> None:
    assert bytes_of(text, "--memory") == size


@pytest.mark.parametrize("text", ["", "0", "0G", "-1G", "G", "4T", "4 G", "four", "1e9", "4G4M", "4GG"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--memory expects a size such as 4G or 500M, got "):
        bytes_of(text, "--memory")
