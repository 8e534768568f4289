"""Old or new, never half: after errors, and after a process that dies between any two calls to the system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slm import atomic_write
from slm.atomic_write import (
    existing_folder,
    new_file,
    new_folder,
    remove_leftovers,
    write_bytes,
    write_json,
    write_text,
)

NO_PROCESS = 999_999_990  # above every system's highest process number


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Files


def test_files_are_written_and_replaced(tmp_path: Path):
    path = tmp_path / "file"
    for content in (b"one", b"two two", b""):
        write_bytes(path, content)
        assert path.read_bytes() == content
    write_text(path, "naïve\n\U0001f642")
    assert path.read_text(encoding="utf-8") == "naïve\n\U0001f642"
    write_json(path, {"a": [1, "é"]})
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": [1, "é"]} and "é" in path.read_text(encoding="utf-8")
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("failing", ["os.fsync", "os.replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_written_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*arguments: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(failing, fail)
        with pytest.raises(type(error)):
            write_bytes(path, b"new")
    assert path.read_bytes() == b"old" and names(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, ValueError])
def test_an_error_while_a_file_is_filled_leaves_what_was(tmp_path: Path, error: type[BaseException]):
    path = tmp_path / "file"
    for before in (None, b"old"):
        if before:
            path.write_bytes(before)
        with pytest.raises(error), new_file(path) as temporary:
            temporary.write_bytes(b"half")
            raise error
        assert names(tmp_path) == (["file"] if before else []) and (not before or path.read_bytes() == before)
    with new_file(path) as temporary:
        temporary.write_bytes(b"new")
    assert path.read_bytes() == b"new" and names(tmp_path) == ["file"]


def test_content_reaches_the_disk_before_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    calls: list[str] = []
    replace = os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: calls.append("sync"))
    monkeypatch.setattr(os, "replace", lambda old, new: (calls.append("name"), replace(old, new)))
    write_bytes(tmp_path / "file", b"content")
    assert calls == (["sync", "name", "sync"] if os.name == "posix" else ["sync", "name"])


def test_every_file_of_a_folder_reaches_the_disk_before_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    synced: list[str] = []
    monkeypatch.setattr(atomic_write, "_sync", lambda path: synced.append(path.name))
    rename = os.rename
    monkeypatch.setattr(os, "rename", lambda old, new: (synced.append("RENAME"), rename(old, new)))
    with new_folder(tmp_path / "folder") as temporary:
        (temporary / "state").mkdir()
        for name in ("a", "b", "state/c"):
            (temporary / name).write_text(name)
    before, after = synced[: synced.index("RENAME")], synced[synced.index("RENAME") + 1 :]
    assert {"a", "b", "c", "state"} < set(before)
    assert after == ([tmp_path.name] if os.name == "posix" else [])


# Folders


def fill(folder: Path, content: str) -> None:
    with new_folder(folder) as temporary:
        assert temporary.parent == folder.parent  # on the same disk, so that renaming is one step
        (temporary / "sub").mkdir()
        (temporary / "sub" / "file").write_text(content)


def content_of(folder: Path) -> str:
    return (existing_folder(folder) / "sub" / "file").read_text()


def test_a_folder_takes_its_place_whole(tmp_path: Path):
    fill(tmp_path / "deep" / "folder", "one")
    (tmp_path / "deep" / "folder" / "more").write_text("x")
    fill(tmp_path / "deep" / "folder", "two")
    assert content_of(tmp_path / "deep" / "folder") == "two"
    assert names(tmp_path / "deep") == ["folder"] and names(tmp_path / "deep" / "folder") == ["sub"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("there_before", [False, True])
def test_an_error_while_it_is_filled_leaves_what_was(tmp_path: Path, error: type[BaseException], there_before: bool):
    folder = tmp_path / "folder"
    if there_before:
        fill(folder, "old")
    with pytest.raises(error), new_folder(folder) as temporary:
        (temporary / "file").write_text("new")
        raise error
    assert names(tmp_path) == (["folder"] if there_before else [])
    assert not there_before or content_of(folder) == "old"


def test_a_disk_that_fails_at_the_end_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fill(tmp_path / "folder", "old")

    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            fill(tmp_path / "folder", "new")
    assert content_of(tmp_path / "folder") == "old" and names(tmp_path) == ["folder"]


@pytest.mark.parametrize("which", [1, 2])
def test_a_rename_that_fails_leaves_what_was_findable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int):
    fill(tmp_path / "folder", "old")
    rename, count = os.rename, iter(range(1, 10))

    def fail_once(old: Path, new: Path) -> None:
        if next(count) == which:
            raise OSError(13, "Permission denied")
        rename(old, new)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail_once)
        with pytest.raises(OSError, match="Permission denied"):
            fill(tmp_path / "folder", "new")
    assert content_of(tmp_path / "folder") == "old"
    fill(tmp_path / "folder", "newer")
    assert content_of(tmp_path / "folder") == "newer" and names(tmp_path) == ["folder"]


def test_leftovers_of_others_are_left_alone(tmp_path: Path):
    dead, alive = f".folder.{NO_PROCESS}.tmp", f".folder.{os.getppid()}.tmp"
    mine = f".folder.{os.getpid()}.tmp"
    for name in (dead, alive, mine, ".folder.old", ".other.1.tmp", ".folder2.1.tmp", "folder.1.tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / f".folder.{NO_PROCESS + 1}.tmp").write_text("a file")
    remove_leftovers(tmp_path / "folder")
    assert names(tmp_path) == sorted([alive, ".folder.old", ".folder2.1.tmp", ".other.1.tmp", "folder.1.tmp"])
    remove_leftovers(tmp_path / "nowhere" / "folder")


# A process that dies

DIES = """
import os, sys
from pathlib import Path
from slm import atomic_write

folder, die_at = Path(sys.argv[1]), int(sys.argv[2])
calls = 0

def mortal(name, module):
    call = getattr(module, name)
    def call_or_die(*arguments, **options):
        global calls
        calls += 1
        if calls == die_at:
            os._exit(9)  # as by kill -9: nothing is cleaned up
        return call(*arguments, **options)
    setattr(module, name, call_or_die)

for name in ("rename", "replace", "fsync", "mkdir", "rmdir", "unlink"):
    mortal(name, os)

def work():
    with atomic_write.new_folder(folder / "folder") as temporary:
        (temporary / "file").write_text("new")
        (temporary / "other").write_text("new")
    atomic_write.write_text(folder / "file", "new")

work()
print(calls)
"""


def run_and_die(folder: Path, die_at: int) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", DIES, str(folder), str(die_at)], capture_output=True, text=True)


def test_a_process_that_dies_at_any_call_leaves_old_or_new(tmp_path: Path):
    def fresh(number: int) -> Path:
        folder = tmp_path / str(number)
        (folder / "folder").mkdir(parents=True)
        for path in (folder / "folder" / "file", folder / "folder" / "other", folder / "file"):
            path.write_text("old")
        return folder

    finished = run_and_die(fresh(0), die_at=0)
    assert finished.returncode == 0, finished.stderr
    calls = int(finished.stdout)
    assert calls > 10
    seen = set()
    for die_at in range(1, calls + 1):
        folder = fresh(die_at)
        assert run_and_die(folder, die_at).returncode == 9
        found = existing_folder(folder / "folder")
        contents = {path.name: path.read_text() for path in found.iterdir()}
        assert contents in ({"file": "old", "other": "old"}, {"file": "new", "other": "new"})
        seen.add((contents["file"], (folder / "file").read_text()))
        with new_folder(folder / "folder") as temporary:  # the next save works, and tidies up
            (temporary / "file").write_text("next")
        assert existing_folder(folder / "folder") == folder / "folder"
        assert not [name for name in names(folder) if name.startswith(".folder")]
    assert seen == {("old", "old"), ("new", "old"), ("new", "new")}
