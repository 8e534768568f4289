"""A server with an index: the model `sources` answers in the words of the documents, with citations."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("bm25s")

from serving.conftest import Running, running

from slm.errors import NetworkError
from slm.evaluation.sections import Section, Table, keep_sections, suite_path
from slm.rag.index_domain import choose_domain
from slm.rag.indexing import index_documents
from slm.rag.passage_store import PassageStore
from slm.serving import answer_schemas
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.models import Models
from slm.serving.sources import Sources

CHAT = "/v1/chat/completions"
TEXT = "Glaucoma damages the optic nerve. The symptoms of glaucoma begin with a loss of side vision."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("sources")
    about = "is another thing, which has nothing to do with eyes, as everybody knows who ever had a look at it."
    others = [{"focus": name, "answer": f"{name} {about}"} for name in ("Gout", "Asthma", "Cough", "Fever", "Mumps")]
    records = [{"focus": "Glaucoma", "answer": TEXT, "url": "https://example.org/glaucoma"}, *others]
    (folder / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    index_documents(folder / "index", (str(folder / "a.jsonl"),))
    choose_domain(folder / "index", "medical")
    with running(Models([]), Figures(), sources=Sources(folder / "index", Limits())) as made:
        made.index = folder / "index"
        yield made


def asked(question: str, **more) -> dict:
    return {"model": "sources", "messages": [{"role": "user", "content": question}], **more}


def test_an_answer_has_citations(server: Running):
    answer = server.ask(CHAT, asked("What are the symptoms of glaucoma?")).json
    answer_schemas.ChatCompletion.model_validate(answer)
    assert answer["answered"] and answer["choices"][0]["message"]["content"].endswith("loss of side vision. [1]")
    (citation,) = answer["citations"]
    assert citation["url"] == "https://example.org/glaucoma" and citation["number"] == 1
    for quote in citation["quotes"]:
        assert citation["passage"][quote["start"] : quote["end"]] == quote["text"]
        assert TEXT[quote["document_start"] : quote["document_end"]] == quote["text"]
    assert answer["notice"].startswith("A research model") and answer["usage"]["total_tokens"] == 0


def test_a_stream_tells_the_same_and_the_advice_first(server: Running):
    question = "glaucoma symptoms, and I have crushing chest pain and cannot breathe"
    events = server.events(CHAT, asked(question))
    assert events[0]["emergency"]["advice"].startswith("This may be an emergency")
    assert "citations" in events[0] and "notice" in events[0] and "notice" not in events[1]
    whole = server.ask(CHAT, asked(question)).json
    text = "".join(event["choices"][0]["delta"].get("content", "") for event in events)
    assert text == whole["choices"][0]["message"]["content"] and events[0]["citations"] == whole["citations"]
    assert events[-1]["usage"]["total_tokens"] == 0


def test_what_is_not_in_the_sources_is_not_answered(server: Running):
    answer = server.ask(CHAT, asked("Which zebra painted the side chapel?")).json
    assert not answer["answered"] and answer["citations"] == []
    assert answer["choices"][0]["message"]["content"] == "Not in my sources."


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"n": 2}, "unsupported_parameter"),
        ({"logprobs": True}, "unsupported_parameter"),
        ({"messages": [{"role": "user", "content": "  "}]}, "invalid_value"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, "invalid_value"),
        ({"stream_options": {}}, "invalid_value"),
    ],
)
def test_what_sources_refuse(server: Running, values: dict, code: str):
    answer = server.ask(CHAT, asked("glaucoma") | values)
    assert (answer.status, answer.code) == (400, code)


def test_sources_are_listed_and_go_on_from_no_text(server: Running):
    assert [each["id"] for each in server.ask("/v1/models").json["data"]] == ["sources"]
    assert server.ask("/v1/models/sources").json["id"] == "sources"
    facts = answer_schemas.ModelFactsList.model_validate(server.ask("/api/models").json).models[0]
    assert facts.kind == "sources" and facts.size_bytes > 0 and facts.context is None
    assert facts.measured == []
    assert server.ask("/v1/completions", {"model": "sources", "prompt": "x"}).status == 400
    assert server.ask("/ready").status == 200


def test_what_was_measured_of_this_state_of_the_index_is_told(server: Running):
    index = server.index
    found = Section("Retrieval", (Table(("", "recall@1"), (("by words", "0.3"),)),), ("A note.",))
    for sha256, expected in (("another state", []), (PassageStore.open(index).stamp, ["Retrieval"])):
        keep_sections(suite_path(index, "medical"), {"sha256": sha256}, {"retrieval": found})
        told = answer_schemas.ModelFactsList.model_validate(server.ask("/api/models").json).models[0].measured
        assert [one.title for one in told] == expected
    assert told[0].tables[0].rows == [["by words", "0.3"]] and told[0].notes == ["A note."]
    suite_path(index, "medical").unlink()


def test_the_only_thing_to_ask_needs_no_name(server: Running):
    assert server.ask(CHAT, {"messages": [{"role": "user", "content": "glaucoma symptoms"}]}).json["model"] == "sources"


def test_sources_that_cannot_be_reached_are_told_from_a_mistake(server: Running, monkeypatch, capfd):
    def cut(*_: object, **__: object) -> None:
        raise NetworkError("postgresql://inside.example.org/clinic: the connection was cut")

    monkeypatch.setattr("slm.serving.sources.answer", cut)
    answer = server.ask(CHAT, asked("glaucoma"))
    assert (answer.status, answer.code) == (503, "sources_unreachable") and "inside" not in answer.body.decode()
    assert "inside.example.org" in capfd.readouterr().err
    monkeypatch.undo()
    assert server.ask(CHAT, asked("What are the symptoms of glaucoma?")).json["answered"]
