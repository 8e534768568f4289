"""Ctrl-C and SIGTERM: a request first, an end at the second, and nothing where Python allows no handlers."""

from __future__ import annotations

import signal
import threading

import pytest

from slm.errors import Stopped
from slm.training.stop_request import StopRequest, stopping_at_once

SIGNALS = [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)]


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_the_first_signal_is_a_request(number: int, name: str, code: int) -> None:
    said: list[str] = []
    with StopRequest(said.append, "slm train --resume x") as stop:
        assert stop.signal_number == 0 and said == []
        signal.raise_signal(number)
        assert stop.signal_number == number and said == [name]
        assert stop.exit_code == code


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_the_second_signal_ends_at_once_and_says_how_to_go_on(number: int, name: str, code: int) -> None:
    with StopRequest(lambda name: None, "slm train --resume x") as stop:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Stopped, match="checkpoint is intact; go on with: slm train --resume x") as caught:
            signal.raise_signal(number)
    assert caught.value.exit_code == code
    assert stop.signal_number == signal.SIGINT


def test_a_message_that_cannot_be_printed_is_no_failure() -> None:
    """A signal may come in the middle of a print, and Python refuses to print inside of that."""

    def announce(name: str) -> None:
        raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")

    with StopRequest(announce, "") as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.signal_number == signal.SIGTERM


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_work_that_can_be_done_again_stops_at_once(number: int, name: str, code: int) -> None:
    with (
        pytest.raises(Stopped, match="stopped; go on with: slm run --resume x") as caught,
        stopping_at_once("slm run --resume x"),
    ):
        signal.raise_signal(number)
    assert caught.value.exit_code == code


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number, _, _ in SIGNALS]
    with pytest.raises(Stopped), stopping_at_once(""):
        outer = [signal.getsignal(number) for number, _, _ in SIGNALS]
        with StopRequest(lambda name: None, ""):
            assert [signal.getsignal(number) for number, _, _ in SIGNALS] != outer
        assert [signal.getsignal(number) for number, _, _ in SIGNALS] == outer
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number, _, _ in SIGNALS] == before


def test_in_a_thread_nothing_is_handled() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with StopRequest(lambda name: None, "") as stop, stopping_at_once(""):
            seen.append((stop.signal_number, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(0, before)]
