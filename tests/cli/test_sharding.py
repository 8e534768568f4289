"""slm prepare --shards, --shard, --merge as a person types them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

STORIES = ("prepare", "stories.txt", "--separator", r"\n\n")


def test_shards_made_one_by_one_are_merged_to_the_store_of_plain_prepare(slm, own_workshop: Path) -> None:
    plain = slm(*STORIES, "--out", "plain", "--json")
    for number in (2, 1):
        made = slm(*STORIES, "--out", "store", "--shard", f"{number}/2")
        assert made.code == 0 and f"shard:   store.shards/{number}-of-2 (" in made.err and not made.out
        assert "next:    slm prepare store.shards --merge" in made.err
    merged = slm("prepare", "store.shards", "--merge")
    assert merged.code == 0 and "slm train store" in merged.out and "57" in merged.out
    assert json.loads((own_workshop / "store/manifest.json").read_text()) == json.loads(plain.out)
    elsewhere = slm("prepare", "store.shards", "--merge", "--out", "other", "--json")
    assert json.loads(elsewhere.out) == json.loads(plain.out)


def test_all_shards_at_once(slm, own_workshop: Path) -> None:
    outcome = slm(*STORIES, "--out", "store", "--shards", "2")
    assert outcome.code == 0 and "shard 2 of 2 is made" in outcome.err and "bytes per token" in outcome.out
    assert not (own_workshop / "store.shards").exists()


@pytest.mark.parametrize(("words", "code", "told"), [
    ((*STORIES, "--shard", "3/2"), 2, "expected a number and how many there are, such as 3/8, got 3/2"),
    ((*STORIES, "--shard", "third"), 2, "--shard expects a number and how many there are, such as 3/8; got 'third'"),
    ((*STORIES, "--shard", "1/2", "--shards", "2"), 2, "--shard 3/8 makes one shard, --shards and --engine all"),
    ((*STORIES, "--shards", "-1"), 2, "--shards expects a number, got -1"),
    ((*STORIES, "--shards", "2", "--engine", "spark"), 2, "expected one of processes, ray, got 'spark'"),
    ((*STORIES, "--shards", "2", "--limit", "9"), 2, "a shard cannot know how many documents stand before its own"),
    (("prepare", "a", "b", "--merge"), 2, "--merge expects one folder, in which all shards lie, got 2"),
    (("prepare", "nowhere", "--merge"), 1, "expected a folder with shards"),
])  # fmt: skip
def test_what_cannot_be_is_told_in_one_line(slm, workshop, words: tuple[str, ...], code: int, told: str) -> None:
    outcome = slm(*words)
    assert (outcome.code, outcome.out) == (code, "") and told in outcome.err and "Traceback" not in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_ray_is_asked_for_where_it_is_not_installed(slm, workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    outcome = slm(*STORIES, "--out", "store", "--engine", "ray", "--shards", "2")
    assert outcome.code == 1 and "pip install 'slm-toolkit[ray]'" in outcome.err
