"""What goes wrong between here and the server ends in one line that says what to do, and never holds a password."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from slm.errors import ConfigError, DataError, NetworkError
from slm.rag import stores
from slm.rag.indexing import index_documents
from slm.rag.places import Address, place_of
from slm.rag.postgres import schema
from slm.rag.retriever import Retriever

SECRET = "pa55word"


def refusal(place: Address, kind: type[Exception] = DataError) -> str:
    with pytest.raises(kind) as refused:
        Retriever.open(place)
    message = str(refused.value)
    assert "\n" not in message and SECRET not in message and message.startswith("postgresql://")
    return message


def test_no_server() -> None:
    pytest.importorskip("psycopg")
    message = refusal(place_of(f"postgresql://ann:{SECRET}@127.0.0.1:1/clinic"), NetworkError)
    assert message.startswith("postgresql://ann@127.0.0.1:1/clinic: ") and "see that the server runs" in message
    assert "see that the server runs" in refusal(place_of("postgresql:///clinic?host=/nowhere"), NetworkError)


@pytest.mark.parametrize("ending", ["?sslmode=sometimes", "?nonsense=1", f"?connect_timeout={SECRET}"])
def test_an_address_that_libpq_cannot_read(ending: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises((ConfigError, NetworkError)) as refused:
        Retriever.open(place_of(f"postgresql://ann:{SECRET}@127.0.0.1:1/clinic{ending}"))
    assert "\n" not in str(refused.value) and SECRET not in str(refused.value)


@pytest.fixture
def admin(server: str) -> Iterator[SimpleNamespace]:
    import psycopg

    with contextlib.closing(psycopg.connect(server, autocommit=True)) as connection:
        yield SimpleNamespace(run=connection.execute, server=server)


@pytest.mark.slow
def test_no_database_no_index_another_programs_schema_another_format(
    admin: SimpleNamespace, address: Address, answers: Path
) -> None:
    missing = refusal(place_of(admin.server.replace("/postgres?", "/nowhere?")), NetworkError)
    assert 'database "nowhere" does not exist; make it first (createdb)' in missing
    assert "found none; make one: slm index DOCUMENTS --out postgresql://" in refusal(address)
    admin.run(f"CREATE SCHEMA {address.schema} CREATE TABLE about (something text)")
    assert "found other tables; name another schema" in refusal(address)
    with pytest.raises(DataError, match="found other tables"):
        index_documents(address, (str(answers),))
    admin.run(f"DROP SCHEMA {address.schema} CASCADE")
    index_documents(address, (str(answers),))
    admin.run(f"UPDATE {address.schema}.about SET value = '99.1' WHERE key = 'format'")
    assert "found format 99.1; use the version of slm that made it" in refusal(address)
    with pytest.raises(DataError, match=r"found format 99\.1"):
        index_documents(address, (str(answers),))


@pytest.mark.slow
def test_a_wrong_password(admin: SimpleNamespace) -> None:
    """The server trusts everybody; for one user it asks for a password."""
    admin.run(f"DROP ROLE IF EXISTS ann; CREATE ROLE ann LOGIN PASSWORD '{SECRET}'")
    rules = Path(admin.run("SHOW hba_file").fetchone()[0])
    before = rules.read_text()
    rules.write_text("local all ann scram-sha-256\n" + before)
    admin.run("SELECT pg_reload_conf()")
    try:
        place = place_of(admin.server.replace("//postgres@", f"//ann:{SECRET}x@"))
        for _ in range(50):  # until the server has read its rules
            with contextlib.suppress(DataError):
                message = refusal(place, NetworkError)
                break
        assert 'password authentication failed for user "ann"; give the password in ~/.pgpass' in message
        right = place_of(admin.server.replace("//postgres@", f"//ann:{SECRET}@"))
        assert "expected an index, found none" in refusal(right)
    finally:
        rules.write_text(before)
        admin.run("SELECT pg_reload_conf()")


@pytest.mark.slow
def test_a_reader_needs_no_right_to_write_and_is_told_so(
    admin: SimpleNamespace, address: Address, answers: Path
) -> None:
    admin.run("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN")
    index_documents(address, (str(answers),))
    place = Address(address.connection.replace("//postgres@", "//reader@"), address.schema, address.shown)
    assert "permission denied" in refusal(place)
    admin.run(f"GRANT USAGE ON SCHEMA {address.schema} TO reader")
    admin.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {address.schema} TO reader")
    with Retriever.open(place) as retriever:
        assert retriever.search("gout")[0].passage.title == "Gout"
    answers.write_text('{"text": "Another."}\n')
    with pytest.raises(DataError, match=r"permission denied for table .*; ask for the right"):
        index_documents(place, (str(answers),))
    admin.run("DROP OWNED BY reader; DROP ROLE reader")


@pytest.mark.slow
def test_a_database_without_pgvector_gets_it(admin: SimpleNamespace, address: Address, answers: Path) -> None:
    admin.run("DROP DATABASE IF EXISTS bare")
    admin.run("CREATE DATABASE bare")
    place = Address(address.connection.replace("/postgres?", "/bare?"), "slm", address.shown)
    index_documents(place, (str(answers),))
    with Retriever.open(place) as retriever:
        assert retriever.search("gout")
    admin.run("DROP DATABASE bare WITH (FORCE)")


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (None, "found none on it; install it there"),
        (("0.4.4", None), r"pgvector 0\.5 or newer, found 0\.4\.4; update it"),
    ],
)
def test_a_server_without_pgvector_is_told_what_it_needs(versions: tuple | None, expected: str) -> None:
    answer = SimpleNamespace(fetchone=lambda: versions)
    connection = SimpleNamespace(execute=lambda statement: answer)
    with pytest.raises(DataError, match=expected):
        schema.need_pgvector(connection, place_of("postgresql://host/clinic"))


@pytest.mark.slow
def test_a_cut_connection(admin: SimpleNamespace, address: Address, answers: Path) -> None:
    """A reader connects again; a writer says that nothing has changed."""
    index_documents(address, (str(answers),))
    with Retriever.open(address) as retriever:
        assert retriever.search("gout")
        _cut(admin, retriever.store)
        assert retriever.search("gout")[0].passage.title == "Gout"
    with (
        pytest.raises(NetworkError, match=r"what was being changed is as it was: start again\Z"),
        stores.open_for_writing(address) as store,
        store.changing(),
    ):
        store.remove_documents(list(store.titles()))
        _cut(admin, store)
        store.counts()
    with stores.open_store(address) as store:
        assert store.counts()["documents"] == 4


def _cut(admin: SimpleNamespace, store: stores.Store) -> None:
    admin.run("SELECT pg_terminate_backend(%s, 5000)", (store.connection.info.backend_pid,))
