"""Places elsewhere: what is written comes back, what is wrong is one line, what is cut goes on."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import fsspec
import pytest

from slm.errors import ConfigError, MissingExtra, NetworkError
from slm.remote import address
from slm.remote.address import AlreadyThere, NotThere, Place, checked_address, is_address


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "PAUSE", 0.0)


@pytest.fixture(params=["memory", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    fsspec.filesystem("memory").store.clear()
    return Place("memory://bucket/folder" if request.param == "memory" else f"file://{tmp_path}/folder")


def test_what_is_written_comes_back(place: Place, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(content := bytes(range(256)) * 9000)
    assert place.files() == {} and place.entry() is None
    (place / "b/large").put(tmp_path / "source")
    (place / "a").write(b"small")
    assert list(place.files()) == ["a", "b/large"]
    assert (place / "b/large").entry().bytes == len(content)
    assert (place / "a").read() == b"small"
    (place / "b/large").fetch(tmp_path / "copy", hashlib.sha256(content).hexdigest())
    assert (tmp_path / "copy").read_bytes() == content
    with (place / "b/large").open() as stream:
        stream.seek(1000)
        assert (stream.read(5), stream.tell()) == (content[1000:1005], 1005)
    (place / "a").remove()
    (place / "a").remove()
    assert list(place.files()) == ["b/large"]


def test_the_version_tells_contents_apart_however_it_is_asked(place: Place) -> None:
    (place / "a").write(b"one")
    assert (place / "a").entry() == place.files()["a"]


def test_new_files_are_made_once(place: Place) -> None:
    (place / "lock").write(b"1", new=True)
    with pytest.raises(AlreadyThere, match="lies there already"):
        (place / "lock").write(b"2", new=True)
    assert (place / "lock").read() == b"1"


def test_globs(place: Place) -> None:
    for name in ("a.txt", "b.txt", "c.md"):
        (place / name).write(b"x")
    found = Place(f"{place}/*.txt").matching()
    assert [Place(found_address).name for found_address in found] == ["a.txt", "b.txt"]
    assert all(Place(found_address).read() == b"x" for found_address in found)


def test_nothing_there(place: Place, tmp_path: Path) -> None:
    for call in (place.read, place.open, lambda: place.fetch(tmp_path / "copy")):
        with pytest.raises(NotThere, match="expected something there, found nothing"):
            call()
    assert not (tmp_path / "copy").exists()


def test_another_sha256_is_tried_again_and_not_kept(place: Place, tmp_path: Path) -> None:
    (place / "a").write(b"damaged")
    with pytest.raises(NetworkError, match=r"failed 3 times \(it came with another SHA-256"):
        (place / "a").fetch(tmp_path / "copy", "0" * 64)
    assert list(tmp_path.glob("*copy*")) == []


@pytest.mark.parametrize("cuts", [2, 3])
def test_a_cut_stream_goes_on_where_it_was(cuts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cuts at the same place are borne, three are said."""
    content = bytes(range(256)) * 8000
    (Place("memory://bucket") / "a").write(content)
    system = fsspec.filesystem("memory")
    opened, left = type(system).open, [cuts]

    class Cut:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def read(self, size=-1):
            if self.file.tell() >= 1 << 20 and left[0]:
                left[0] -= 1
                raise ConnectionResetError("reset by peer")
            return self.file.read(size)

    monkeypatch.setattr(type(system), "open", lambda self, *a, **k: Cut(opened(self, *a, **k)))
    with Place("memory://bucket/a").open() as stream:
        if cuts < address.ATTEMPTS:
            assert stream.read() == content
        else:
            with pytest.raises(NetworkError, match=r"memory://bucket/a: reading it failed 3 times \(reset by peer\)"):
                stream.read()


@pytest.mark.parametrize(("text", "problem"), [
    ("ftp://host/a", "expected an address that begins with s3://, gs://, hf://, file://"),
    ("https://me:hidden@host/a?sig=hidden", "got https://"),
    ("s3://me:hidden@bucket/a", "credentials and signatures do not belong"),
    ("s3://bucket/a?X-Amz-Signature=hidden", "credentials and signatures do not belong"),
    ("s3://", "expected a bucket or folder"),
])  # fmt: skip
def test_addresses_that_cannot_be_taken(text: str, problem: str) -> None:
    assert is_address(text)
    with pytest.raises(ConfigError) as raised:
        checked_address(text)
    assert problem in str(raised.value) and "hidden" not in str(raised.value)


def test_no_addresses() -> None:
    assert not any(map(is_address, ("stories.txt", "hub:owner/name", "samples:stories", "C:\\stories", "")))


def test_the_hub_is_not_written_to() -> None:
    with pytest.raises(ConfigError, match="hf:// is read here, not written"):
        checked_address("hf://datasets/owner/name", writable=True)


def test_a_missing_package_is_said_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(MissingExtra, match=r"'s3fs', which is not installed .*: pip install 'slm-toolkit\[remote\]'"):
        Place("s3://bucket/a")
    with pytest.raises(MissingExtra, match="pip install gcsfs"):
        Place("gs://bucket/a")


def test_a_refusal_says_where_credentials_belong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret-value")
    place = Place("memory://bucket/a")

    def refuse(path: str) -> None:
        raise PermissionError("Forbidden for very-secret-value")

    monkeypatch.setattr(type(place._files), "cat_file", lambda self, path: refuse(path))
    with pytest.raises(NetworkError) as raised:
        place.read()
    assert "refused while reading (Forbidden for ***)" in str(raised.value)
