"""What is derived is used only while it is whole and of the present state."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage import damaged

from slm.rag.derived import fresh, write


@pytest.fixture
def index(tmp_path: Path) -> Path:
    def save(folder: Path) -> None:
        (folder / "a.bin").write_bytes(bytes(range(256)) * 10)
        (folder / "b.bin").write_bytes(b"b" * 100)

    write(tmp_path, "thing", {"stamp": "1"}, save)
    return tmp_path


def test_it_is_fresh_for_the_state_that_it_was_made_from_alone(index: Path) -> None:
    assert fresh(index, "thing", {"stamp": "1"}) == index / "derived" / "thing"
    assert fresh(index, "thing", {"stamp": "2"}) is None
    assert fresh(index, "other", {"stamp": "1"}) is None


@pytest.mark.parametrize("name", ["a.bin", "b.bin", "manifest.json"])
def test_damage_of_any_kind_makes_it_stale(index: Path, name: str) -> None:
    path = index / "derived" / "thing" / name
    content = path.read_bytes()
    for seed in range(25):
        changed = damaged(content, seed, len(content))
        path.write_bytes(changed)
        if changed != content:
            found = fresh(index, "thing", {"stamp": "1"})
            # White space in the manifest may change; then all that it says still holds.
            assert found is None or (name == "manifest.json" and b'"1"' in changed)
    path.unlink()
    assert fresh(index, "thing", {"stamp": "1"}) is None


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"made_from": 1, "files": 1}', "\0", '{"files": {"a": 1}}'])
def test_a_manifest_of_another_kind_is_stale(index: Path, manifest: str) -> None:
    (index / "derived" / "thing" / "manifest.json").write_text(manifest)
    assert fresh(index, "thing", {"stamp": "1"}) is None
    assert fresh(index, "thing", 1) is None or "made_from" in manifest
