"""An index on a server by the commands: as with a folder, and the password of the address is never seen again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from postgres_server import address, server
from rag_documents import RECORDS, write_records

from slm.rag.places import Address

__all__ = ("address", "server")
SECRET = "pa55word"
pytest.importorskip("bm25s")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("index", "samples:medical", "--out", "ADDRESS@"), "expected an address such as postgresql://"),
        (("index", "ADDRESS"), "an index on one is named with --out"),
        (("index", "--remove", "ADDRESS"), "an index on one is named with --out"),
        (("index", "samples:medical", "--out", "ADDRESS"), "see that the server runs"),
        (("search", "gout", "--index", "ADDRESS"), "see that the server runs"),
        (("ask", "gout", "--index", "ADDRESS"), "see that the server runs"),
    ],
)
def test_errors_are_one_line_without_the_password(slm, words: tuple[str, ...], expected: str) -> None:
    pytest.importorskip("psycopg")
    place = f"postgresql://ann:{SECRET}@127.0.0.1:1/clinic"
    failed = slm(*(word.replace("ADDRESS", place) for word in words))
    assert failed.code != 0 and expected in failed.err and failed.err.count("\n") == 1
    assert SECRET not in failed.out + failed.err


def test_without_the_driver_the_extra_is_named(slm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    failed = slm("search", "gout", "--index", "postgresql://127.0.0.1:1/clinic")
    assert failed.code == 1 and "pip install 'slm-toolkit[postgres]'" in failed.err and failed.err.count("\n") == 1


@pytest.mark.slow
def test_index_search_ask_and_serve(slm, address: Address, tmp_path: Path) -> None:
    place = address.connection.replace("//postgres@", f"//postgres:{SECRET}@") + f"&schema={address.schema}"
    path = write_records(tmp_path / "answers.jsonl", RECORDS)
    made = slm("index", str(path), "--out", place, "--domain", "medical")
    assert made.code == 0 and f"{address}: 4 documents in 4 passages (4 added" in made.out
    assert f"--index '{address}'" in made.out
    report = json.loads(slm("index", "--out", place, "--json").out)
    assert (report["documents_kept"], report["folder"]) == (4, str(address))
    (hit,) = json.loads(slm("search", "optic nerve", "--index", place, "--json").out)
    assert hit["title"] == "Glaucoma" and hit["ranks"] == {"lexical": 1}
    asked = slm("ask", "What does glaucoma damage?", "--index", place)
    assert "Glaucoma damages the optic nerve. [1]" in asked.out and "no substitute for" in asked.out
    output = "".join(one.out + one.err for one in (made, asked))
    assert SECRET not in output
    from slm.serving.limits import Limits
    from slm.serving.sources import Sources

    sources = Sources(address, Limits())
    facts = sources.facts()
    sources.close()
    assert facts["size_bytes"] > 100_000 and facts["measured"] == [] and facts["notice"].startswith("A research model")
