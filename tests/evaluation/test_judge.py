"""Grades by another model: what is asked, what counts as a grade, and what goes wrong. Against a server of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from judge_server import Server

from slm.errors import ConfigError, NetworkError
from slm.evaluation import judge as judging
from slm.evaluation.answers import Answered, Asked
from slm.evaluation.judge import Judge, Judged, JudgeSettings, agreement, judge_answers, judged_table, parse_grade

ASKED = [Asked("What is ice?", ("Frozen water.", "Water that froze.")), Asked("Is it warm?", ("No.",))]


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def judge(server: Server) -> Callable[..., Judge]:
    return lambda **values: Judge(JudgeSettings(server.url, "strict", **values), wait=0)


def test_question_references_and_answer_are_sent_with_the_fixed_prompt(server: Server, judge, monkeypatch) -> None:
    monkeypatch.setenv(judging.KEY_VARIABLE, "a-key")
    assert judge().grade(ASKED[0], "Water {curly}.") == 4
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions" and request["headers"]["Authorization"] == "Bearer a-key"
    assert request["body"]["model"] == "strict" and request["body"]["temperature"] == 0
    (message,) = request["body"]["messages"]
    for part in ("What is ice?", "Frozen water.\n\nWater that froze.", "Water {curly}.", "Grade: N"):
        assert part in message["content"]


def test_without_a_key_none_is_sent(server: Server, judge, monkeypatch) -> None:
    monkeypatch.delenv(judging.KEY_VARIABLE, raising=False)
    judge().grade(ASKED[0], "Water.")
    assert "Authorization" not in server.requests[0]["headers"]


@pytest.mark.parametrize(("text", "grade"), [
    ("Grade: 4", 4), ("4", 4), (" grade:1\n", 1), ("5/5", 5), ("Grade: 3.", 3),
    ("", None), ("0", None), ("6", None), ("4 or 5", None), ("I would say 4", None), ("Grade: 45", None),
    ("Grade: 4\nBecause it is right.", None), ("3.5", None), ("-4", None), ("٤", None),
])  # fmt: skip
def test_only_a_grade_is_a_grade(text: str, grade: int | None) -> None:
    assert parse_grade(text) == grade


def test_replies_that_are_no_grade_are_counted_and_left_out(server: Server, judge) -> None:
    server.replies = ["Grade: 4", "Well, that is a good answer."]
    judged = judge_answers(judge(), ASKED, [Answered("Ice.", "end"), Answered("No.", "end")])
    table, notes, figures = judged_table(judged, judge())
    assert [one.grades for one in judged] == [(4,), (None,)]
    assert (figures["mean"], figures["not_read"], figures["asked"], figures["counts"]["4"]) == (4.0, 1, 2, 1)
    assert figures["prompt"] == judging.PROMPT and "1 of 2 replies were no grade" in notes[0]
    assert table.rows[0][0] == "strict" and table.rows[0][-1] == "1"


def test_an_empty_answer_is_the_worst_and_is_not_sent(server: Server, judge) -> None:
    assert judge_answers(judge(), ASKED[:1], [Answered("  ", "context")])[0].grades == (1,)
    assert not server.requests


def test_repeats_tell_how_far_a_judge_agrees_with_itself(server: Server, judge) -> None:
    server.replies = ["4", "4", "4", "2"]
    judged = judge_answers(judge(repeats=2), ASKED, [Answered("Ice.", "end"), Answered("No.", "end")])
    assert [one.grades for one in judged] == [(4, 4), (4, 2)] and agreement(judged) == 0.5
    assert judged[1].mean == 3
    assert "50.0 % of the answers got the same grade" in judged_table(judged, judge(repeats=2))[1][1]
    assert agreement([Judged((4,)), Judged((None, 2))]) is None


def test_what_may_pass_is_tried_again(server: Server, judge) -> None:
    server.replies = [(429, {}), (503, {"error": {"message": "busy"}}), "Grade: 2"]
    assert judge().grade(ASKED[0], "Ice.") == 2 and len(server.requests) == 3


@pytest.mark.parametrize(("reply", "error", "said"), [
    ((401, {"error": {"message": "bad\nkey"}}), ConfigError, r"was refused \(401: bad key\); set SLM_JUDGE_API_KEY"),
    ((404, {"error": {"message": "no such model"}}), ConfigError, "no model 'strict' there, or no API .*no such model"),
    ((404, b"<html>"), ConfigError, r"\(404\)"),
    ((400, {"error": "odd"}), NetworkError, "it answered 400; see"),
    ((418, {"error": "odd"}), NetworkError, "it answered 418; see"),
    ((307, {}), NetworkError, "it answered 307"),
    ((500, {}), NetworkError, r"it answered 500 \(3 tries\)"),
    ((200, b"hello"), NetworkError, "expected OpenAI's API, found something else"),
    ((200, {"choices": []}), NetworkError, "expected OpenAI's API, found something else"),
])  # fmt: skip
def test_what_goes_wrong_is_said_in_a_line(server: Server, judge, reply: Any, error: type, said: str) -> None:
    server.replies = [reply]
    with pytest.raises(error, match=said) as caught:
        judge().check()
    assert "\n" not in str(caught.value)
    assert all(request["path"] == "/v1/chat/completions" for request in server.requests)  # no redirect was followed


def test_a_text_that_the_judge_does_not_take_is_left_out(server: Server, judge) -> None:
    server.replies = [(400, {"error": {"message": "too long"}}), "Grade: 3"]
    asker = judge()
    judged = judge_answers(asker, ASKED, [Answered("Ice.", "end"), Answered("No.", "end")])
    assert [one.grades for one in judged] == [(None,), (3,)]
    assert "of the last one was said: it answered 400: too long." in judged_table(judged, asker)[1][1]


def test_nobody_there(server: Server, judge) -> None:
    asker = judge()
    server.close()
    with pytest.raises(NetworkError, match=r"expected an answer, got none \(.*refused.*\) \(3 tries\)"):
        asker.grade(ASKED[0], "Ice.")


@pytest.mark.parametrize(("values", "said"), [
    ({"url": "localhost:8000"}, "--judge expects an address such as"),
    ({"url": "file:///etc/passwd"}, "--judge expects an address such as"),
    ({"url": "https://me:secret@host/v1"}, "without a key"),
    ({"model": ""}, "--judge-model NAME"),
    ({"repeats": 0}, "--judge-repeats expects"),
])  # fmt: skip
def test_settings_that_make_no_sense(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        JudgeSettings(**{"url": "http://127.0.0.1/v1", "model": "m"} | values)
    assert "secret" not in str(caught.value)
