"""Where an index is: folders stay folders, addresses are read without their secrets ever being shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from slm.errors import ConfigError
from slm.rag.places import Address, place_of

SECRET = "pa55word"


@pytest.mark.parametrize("text", ["indexes/manuals", "postgresql", "/tmp/postgresql:", "postgres:/x"])
def test_what_is_no_address_is_a_folder(text: str) -> None:
    assert place_of(text) == Path(text)


def test_an_address_is_libpqs_with_a_schema() -> None:
    place = place_of("postgresql://ann@db.example.org:5433/clinic?sslmode=require&schema=manuals")
    assert place.connection == "postgresql://ann@db.example.org:5433/clinic?sslmode=require"
    assert place.schema == "manuals"
    assert str(place) == "postgresql://ann@db.example.org:5433/clinic?schema=manuals"
    assert place_of("postgres:///clinic").schema == "slm"
    assert place_of(str(place)).schema == "manuals", "what is shown can be typed again"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://ann:{SECRET}@host/clinic",
        f"postgresql://ann:{SECRET}%40@host:5432,other:5433/clinic?schema=manuals",
        f"postgresql://host/clinic?user=ann&password={SECRET}",
        f"postgresql://host/clinic?sslpassword={SECRET}&passfile=/secret/{SECRET}&schema=manuals",
        f"POSTGRESQL://ann:{SECRET}@/clinic?host=/run/postgresql",
    ],
)
def test_a_password_goes_to_the_server_and_nowhere_else(text: str) -> None:
    place = place_of(text)
    assert SECRET in place.connection and "schema" not in place.connection
    assert SECRET not in f"{place} {place!r} {vars(place) | {'connection': ''}}"
    assert "ann" in place.shown or "sslpassword" in text


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://ann:{SECRET}#1@host/clinic",
        f"postgresql://ann:{SECRET}/1@host/clinic",
        f"postgresql://ann:{SECRET}?1@host/clinic",
        f"postgresql://ann:{SECRET}@1@host/clinic",
        f"postgresql://ann:{SECRET}@host/clinic?schema=Manuals",
        f"postgresql://ann:{SECRET}@host/clinic?schema=pg_catalog",
        f'postgresql://ann:{SECRET}@host/clinic?schema=a";drop',
        f"postgresql://ann:{SECRET}@host/clinic?schema=",
    ],
)
def test_what_cannot_be_read_is_refused_without_its_secret(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Address.of(text)
    assert SECRET not in str(refused.value) and "\n" not in str(refused.value)
