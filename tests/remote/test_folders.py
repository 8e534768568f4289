"""Token stores and models elsewhere: whole by their manifests, or none."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import pytest
from tiny import tiny_model, tiny_tokenizer, write_store

from slm.checkpoint import load_model, save_model
from slm.data.token_store import open_token_store
from slm.errors import DataError, NetworkError
from slm.remote import folders
from slm.remote.address import NotThere, Place
from slm.remote.folders import fetch_folder, fetched_from, local_store, upload_folder

pytestmark = pytest.mark.usefixtures("places_in_memory")
STORE = "memory://bucket/stores/mine"


def cached(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_token_store_there_and_back(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store")
    upload_folder(store.folder, STORE)
    fetched = open_token_store(Path(local_store(STORE)))
    assert (fetched.train.tokens == store.train.tokens).all()
    assert fetched_from(fetched.folder) == STORE and fetched_from(store.folder) == ""
    fsspec.filesystem("memory").rm_file("/bucket/stores/mine/train.bin")
    assert fetch_folder(STORE) == fetched.folder  # it lies here already


def test_what_is_no_store_stays_a_source(tmp_path: Path) -> None:
    Place("memory://bucket/stories.txt").write(b"Once.")
    for source in ("memory://bucket/stories.txt", "stories.txt", str(tmp_path)):
        assert local_store(source) == source


def test_a_model_there_and_back(tmp_path: Path) -> None:
    save_model(tmp_path / "model", tiny_model(), tiny_tokenizer())
    upload_folder(tmp_path / "model", "memory://bucket/models/mine")
    loaded = load_model("memory://bucket/models/mine")
    assert loaded.sha256 == load_model(tmp_path / "model").sha256
    assert loaded.folder.name.startswith("mine-")


def test_a_cut_upload_leaves_nothing_that_seems_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where an older one lay before."""
    store = write_store(tmp_path / "store")
    upload_folder(store.folder, STORE)
    put = Place.put

    def cut(self: Place, source: Path) -> None:
        if self.name == "train.idx":
            raise NetworkError("cut")
        put(self, source)

    monkeypatch.setattr(Place, "put", cut)
    with pytest.raises(NetworkError, match="cut"):
        upload_folder(store.folder, STORE)
    with pytest.raises(NotThere, match="found none that is whole"):
        fetch_folder(STORE)


def test_a_changed_file_is_not_taken(tmp_path: Path) -> None:
    upload_folder(write_store(tmp_path / "store").folder, STORE)
    content = (Place(STORE) / "train.bin").read()
    (Place(STORE) / "train.bin").write(content[:-2] + b"\0\0")
    with pytest.raises(NetworkError, match=r"train.bin: fetching it failed 3 times \(it came with another SHA-256"):
        fetch_folder(STORE)
    assert cached(tmp_path) == []


def test_a_tokenizer_that_is_not_the_stores_is_found_when_it_is_opened(tmp_path: Path) -> None:
    upload_folder(write_store(tmp_path / "store").folder, STORE)
    (Place(STORE) / "tokenizer.json").write(b"{}")
    with pytest.raises(DataError, match=r"tokenizer\.json"):
        open_token_store(fetch_folder(STORE))


@pytest.mark.parametrize("name", ["../escaped", "/etc/escaped", "a/../../escaped", "C:\\escaped", ""])
def test_names_that_lead_out_of_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    (Place(STORE) / "slm.json").write(json.dumps({"sha256": {name: "0" * 64}}).encode())
    with pytest.raises(DataError, match="which is no file below it"):
        fetch_folder(STORE)
    assert cached(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"sha256": 1}', b"\xff"])
def test_a_damaged_manifest(content: bytes) -> None:
    (Place(STORE) / "slm.json").write(content)
    with pytest.raises(DataError, match="not a whole manifest"):
        fetch_folder(STORE)


def test_every_format_has_its_manifest(tmp_path: Path) -> None:
    from slm.export.exporting import REPORT
    from slm.model_folder import RECORD

    assert {RECORD, "manifest.json", REPORT} == set(folders.MANIFESTS)
