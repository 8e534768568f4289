"""One writer at a time: the second is refused, an expired or finished one is taken over, and a late one notices."""

from __future__ import annotations

import threading

import fsspec
import pytest

from slm.errors import NetworkError, TrainingError
from slm.remote import lease
from slm.remote.address import Place
from slm.remote.lease import Lease, newest


@pytest.fixture
def run() -> Place:
    fsspec.filesystem("memory").store.clear()
    return Place("memory://bucket/runs/mine")


def acquired(run: Place, known: str = "") -> Lease:
    taken = Lease(run, known)
    taken.acquire()
    return taken


def test_the_second_is_refused_and_told_by_whom(run: Place) -> None:
    acquired(run)
    with pytest.raises(TrainingError, match=r"mine: process \d+ on \S+ \(since .*\) writes to this run; .* expires at"):
        acquired(run)


def test_whoever_lets_go_can_be_followed_at_once(run: Place) -> None:
    first = acquired(run)
    first.release()
    assert (first.number, acquired(run).number) == (1, 2)


def test_an_expired_lock_is_taken_over_and_its_holder_notices(run: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "HELD_SECONDS", -1.0)
    late = acquired(run)
    monkeypatch.undo()
    acquired(run)
    said = []
    late._lost = said.append
    assert not late.check() and not late.check()
    assert len(said) == 1 and "writes to it now" in said[0]
    late.release()  # which changes nothing of the other's
    assert newest(run)[0] == 2 and not newest(run)[1]["released"]


def test_who_is_known_to_have_ended_is_not_waited_for(run: Place) -> None:
    assert acquired(run, known=acquired(run).id).number == 2


def test_it_is_renewed_while_it_is_kept(run: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEWED_SECONDS", 0.01)
    monkeypatch.setattr(lease, "HELD_SECONDS", 1.0)
    kept = acquired(run)
    before = newest(run)[1]["until"]
    kept.keep(lambda reason: None)
    pause = threading.Event()
    renewed = any(newest(run)[1]["until"] > before or pause.wait(0.01) for _ in range(300))
    kept.release()
    assert renewed and newest(run)[1]["released"]


def test_no_network_is_borne_until_it_is_back(run: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEWED_SECONDS", 0.01)
    kept, asked = acquired(run), threading.Event()

    def away(self: Place) -> None:
        asked.set()
        raise NetworkError("away")

    with monkeypatch.context() as patch:
        patch.setattr(Place, "files", away)
        kept.keep(lambda reason: pytest.fail(reason))
        assert asked.wait(5)
    assert kept.check()
    kept.release()


def test_of_two_at_the_same_moment_one_gets_it(run: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other was written between our look and our request."""
    found = lease.newest
    looks = iter([(0, None)])
    acquired(run)
    monkeypatch.setattr(lease, "newest", lambda place: next(looks, None) or found(place))
    with pytest.raises(TrainingError, match="writes to this run"):
        acquired(run)


def test_where_the_store_makes_files_twice_it_is_read_back(run: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store without conditional requests, and another writer who was a moment later: its lock is what counts."""
    write = Place.write

    def unconditional(self: Place, content: bytes, new: bool = False) -> None:
        write(self, content)
        write(self, content.replace(b'"id": "', b'"id": "other'))

    monkeypatch.setattr(Place, "write", unconditional)
    with pytest.raises(TrainingError, match="writes to this run"):
        acquired(run)


def test_what_is_no_lock_is_said(run: Place) -> None:
    (run / "writers/000001.json").write(b"{}")
    with pytest.raises(Exception, match="not a lock that slm wrote"):
        acquired(run)
