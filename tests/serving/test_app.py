"""Ordinary use over HTTP: both APIs, streaming, what `slm generate` writes, what is told of models and figures."""

from __future__ import annotations

import re

import pytest
from serving.conftest import Running, opened, running

from slm.domain import load_domain
from slm.generation.engines import open_engine
from slm.generation.generator import GenerationConfig, Generator
from slm.model.sampling import log_probabilities
from slm.serving.figures import Figures
from slm.serving.schemas import UNSUPPORTED

NOTICE = load_domain("medical").notice

COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"


def generator(folders, name: str) -> Generator:
    return Generator(open_engine(folders[name], "onnx", 32, 1), folders[name].tokenizer)


@pytest.mark.parametrize("values, settings", [
    ({}, {}),
    ({"temperature": 0}, {"temperature": 0}),
    ({"temperature": 1.5, "top_k": 0, "top_p": 0.9}, {"temperature": 1.5, "top_k": 0, "top_p": 0.9}),
    ({"min_p": 0.05, "repetition_penalty": 1.3}, {"min_p": 0.05, "repetition_penalty": 1.3}),
    ({"stop": ["the", "zz"]}, {"stop": ("the", "zz")}),
    ({"stop": "e"}, {"stop": ("e",)}),
    ({"logit_bias": {"5": 100}}, {"logit_bias": {"5": 100.0}}),
    ({"continue_past_context": True, "max_tokens": 150}, {"continue_past_context": True, "max_new_tokens": 150}),
])  # fmt: skip
def test_answers_equal_those_of_the_generator(server: Running, folders, values, settings):
    asked = {"model": "stories", "prompt": "The cat", "seed": 7, "n": 2, "max_tokens": 24} | values
    answer = server.ask(COMPLETIONS, asked).json
    config = GenerationConfig(**{"max_new_tokens": 24, "seed": 7} | settings)
    expected = generator(folders, "stories").complete("The cat", config, 2)
    assert [choice["text"] for choice in answer["choices"]] == [each.text for each in expected]
    assert answer["usage"]["completion_tokens"] == sum(len(each.ids) for each in expected)
    reasons = {"end": "stop", "stop": "stop", "length": "length"}
    assert [choice["finish_reason"] for choice in answer["choices"]] == [reasons[each.stop] for each in expected]
    assert answer["seed"] == 7 and "notice" not in answer
    streamed = server.events(COMPLETIONS, asked)
    for index in range(2):
        pieces = [c for event in streamed for c in event["choices"] if c["index"] == index]
        assert "".join(piece["text"] for piece in pieces) == expected[index].text
        assert [piece["finish_reason"] for piece in pieces if piece["finish_reason"]] == [reasons[expected[index].stop]]
    assert streamed[-1]["usage"] == answer["usage"]


@pytest.mark.parametrize("name", ["answers", "reasons"])
def test_a_tuned_model_is_asked_in_its_own_format(server: Running, folders, name):
    asked = {"model": name, "messages": [{"role": "user", "content": "What is a cold?"}], "max_tokens": 20}
    answer = server.ask(CHAT, asked).json
    prompt_format = folders[name].prompt_format
    config = GenerationConfig(20, temperature=0)
    text = generator(folders, name).complete(prompt_format.prompt("What is a cold?"), config)[0].text
    assert answer["choices"][0]["message"]["content"] == prompt_format.shown(text)
    assert answer["notice"] == NOTICE
    events = server.events(CHAT, asked)
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == prompt_format.shown(text)
    assert deltas[0]["role"] == "assistant" and events[0]["notice"] == NOTICE
    assert not any("notice" in event for event in events[1:])


def test_signs_of_an_emergency_come_first_in_both_apis(server: Running):
    said = "my dads face is drooping"
    turns = (("user", said), ("assistant", "."), ("user", "ok"))
    messages = [{"role": role, "content": text} for role, text in turns]
    for path, asked in ((CHAT, {"messages": messages}), (COMPLETIONS, {"prompt": ["A cold.", said]})):
        asked |= {"model": "answers", "max_tokens": 3}
        answer = server.ask(path, asked).json
        assert (answer["emergency"]["kind"], answer["emergency"]["phrase"]) == ("stroke", "face is drooping")
        assert next(iter(answer)) == "emergency" and answer["notice"] == NOTICE
        first, *others = server.events(path, asked)
        assert first["emergency"] == answer["emergency"] and not any("emergency" in event for event in others)
    asked = {"model": "answers", "prompt": "### Question:\nMein Kind hat das und ich\n### Response:\n", "max_tokens": 3}
    assert "English only" in server.ask(COMPLETIONS, asked).json["remark"]
    assert "emergency" not in server.ask(CHAT, {"model": "stories", "messages": messages[:1], "max_tokens": 3}).json


def test_several_turns_are_written_as_the_chat_template_writes_them(server: Running, folders):
    turns = [("user", "What helps?"), ("assistant", "Sleep."), ("user", "Is it bad?")]
    messages = [{"role": role, "content": content} for role, content in turns]
    answer = server.ask(CHAT, {"model": "answers", "messages": messages, "max_tokens": 5}).json
    made = folders["answers"].prompt_format.prompt
    prompt = made("What helps?") + "Sleep." + made("Is it bad?")
    expected = generator(folders, "answers").complete(prompt, GenerationConfig(5, temperature=0))[0]
    assert answer["choices"][0]["message"]["content"] == expected.text


def test_a_story_model_goes_on_from_the_last_message(server: Running, folders):
    messages = [
        {"role": "user", "content": "A dog"},
        {"role": "user", "content": [{"type": "text", "text": "The cat"}]},
    ]
    answer = server.ask(CHAT, {"model": "stories", "messages": messages, "seed": 3, "max_tokens": 9}).json
    expected = generator(folders, "stories").complete("The cat", GenerationConfig(9, seed=3))[0]
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": expected.text, "refusal": None}


def test_several_prompts_and_token_ids(server: Running, folders):
    ids = folders["stories"].tokenizer.encode_ordinary("The cat")
    asked = {"model": "stories", "seed": 1, "max_tokens": 6}
    texts = [
        [choice["text"] for choice in server.ask(COMPLETIONS, asked | {"prompt": prompt, "n": n}).json["choices"]]
        for prompt, n in (("The cat", 2), (ids, 2), (["The cat", "A dog"], 2), ([ids, ids], 1))
    ]
    assert texts[0] == texts[1] == texts[2][:2] and texts[3] == [texts[0][0]] * 2 and len(texts[2]) == 4


def test_a_seed_is_drawn_and_told_where_none_is_given(server: Running):
    asked = {"model": "stories", "prompt": "The", "max_tokens": 12}
    first = server.ask(COMPLETIONS, asked).json
    again = server.ask(COMPLETIONS, asked | {"seed": first["seed"]}).json
    assert again["choices"] == first["choices"] and server.ask(COMPLETIONS, asked).json["seed"] != first["seed"]


def test_log_probabilities(server: Running, folders):
    asked = {"model": "stories", "prompt": "The cat", "seed": 2, "max_tokens": 10}
    logprobs = server.ask(COMPLETIONS, asked | {"logprobs": 3}).json["choices"][0]["logprobs"]
    expected = generator(folders, "stories").complete("The cat", GenerationConfig(10, seed=2, log_probabilities=3))[0]
    drawn = [each for each in expected.drawn if each.token != folders["stories"].tokenizer.eot_token]
    assert logprobs["token_logprobs"] == pytest.approx([each.log_probability for each in drawn], abs=1e-5)
    assert all(len(likeliest) == 3 for likeliest in logprobs["top_logprobs"])
    assert len(logprobs["tokens"]) == len(logprobs["text_offset"]) == len(drawn)
    told = asked | {"messages": [{"role": "user", "content": "The cat"}], "logprobs": True, "top_logprobs": 2}
    del told["prompt"]
    content = server.ask(CHAT, told).json["choices"][0]["logprobs"]["content"]
    assert [each["logprob"] for each in content] == pytest.approx(logprobs["token_logprobs"], abs=1e-5)
    streamed = [c["logprobs"] for event in server.events(CHAT, told) for c in event["choices"] if c["logprobs"]]
    assert [each for part in streamed for each in part["content"]] == content


@pytest.mark.parametrize("prompts", ["The cat", ["The cat", "A dog"], [5, 6, 7], ""])
def test_an_echo_is_the_prompt_and_then_the_text(server: Running, folders, prompts):
    asked = {"model": "stories", "prompt": prompts, "max_tokens": 6, "n": 2, "seed": 1, "stop": ["cat"]}
    without, echoed = (server.ask(COMPLETIONS, asked | {"echo": echo}).json for echo in (False, True))
    texts = [folders["stories"].tokenizer.decode(prompts)] if prompts == [5, 6, 7] else prompts
    expected = [text for text in ([texts] if isinstance(texts, str) else texts) for _ in range(2)]
    assert [c["text"] for c in echoed["choices"]] == [
        prompt + choice["text"] for prompt, choice in zip(expected, without["choices"], strict=True)
    ]
    assert echoed["usage"] == without["usage"]
    streamed = ["" for _ in echoed["choices"]]
    for event in server.events(COMPLETIONS, asked | {"echo": True}):
        for choice in event["choices"]:
            streamed[choice["index"]] += choice["text"]
    assert streamed == [choice["text"] for choice in echoed["choices"]]


@pytest.mark.parametrize("max_tokens", [0, 4])
def test_an_echo_tells_what_the_model_gives_the_prompt(server: Running, folders, max_tokens):
    prompts = ["The cat sat. A dog ran home.", "A \u00e9", ""]
    asked = {"model": "stories", "max_tokens": max_tokens, "logprobs": 2, "echo": True, "temperature": 0}
    answer = server.ask(COMPLETIONS, asked | {"prompt": prompts, "n": 2}).json
    engine, tokenizer, written = open_engine(folders["stories"], "onnx", 32, 1), folders["stories"].tokenizer, 0
    for number, choice in enumerate(answer["choices"]):
        prompt, logprobs = prompts[number // 2], choice["logprobs"]
        ids, told = tokenizer.encode_ordinary(prompt), logprobs["token_logprobs"]
        given = zip(engine.logits(ids), ids[1:], strict=False) if ids else ()
        expected = [float(log_probabilities(row)[token]) for row, token in given]
        assert told[: len(ids)] == pytest.approx([None, *expected][: len(ids)], abs=1e-4)
        sizes = [column and len(column) for column in logprobs["top_logprobs"]]
        assert sizes[: len(ids)] == [None, *(2 for _ in expected)][: len(ids)]
        assert len(told) == len(logprobs["tokens"]) == len(logprobs["text_offset"]) == len(logprobs["top_logprobs"])
        assert choice["text"].startswith(prompt) and (max_tokens or choice["text"] == prompt)
        assert choice["finish_reason"] == "length" or max_tokens
        written += len(told) - len(ids)
    assert answer["usage"]["completion_tokens"] == written and (written == 0) == (max_tokens == 0)
    first = answer["choices"][0]
    offsets, tokens = first["logprobs"]["text_offset"], first["logprobs"]["tokens"]
    assert all(first["text"].startswith(token, at) for at, token in zip(offsets, tokens, strict=True))
    events = server.events(COMPLETIONS, asked | {"prompt": prompts[0]})
    values = [value for event in events for c in event["choices"] for value in c["logprobs"]["token_logprobs"]]
    assert values[0] is None and values[1:] == pytest.approx(first["logprobs"]["token_logprobs"][1:], abs=1e-4)


def test_an_echo_of_what_the_context_does_not_hold(server: Running):
    ids = [5] * 128
    asked = {"model": "stories", "prompt": ids, "echo": True, "logprobs": 0, "max_tokens": 0}
    assert len(server.ask(COMPLETIONS, asked).json["choices"][0]["logprobs"]["tokens"]) == 128
    assert server.ask(COMPLETIONS, asked | {"max_tokens": 1}).code == "context_length_exceeded"
    longer = asked | {"prompt": [*ids, 5], "continue_past_context": True}
    assert server.ask(COMPLETIONS, longer).code == "context_length_exceeded"
    assert server.ask(COMPLETIONS, longer | {"logprobs": None, "max_tokens": 2}).status == 200


def test_biases_make_tokens_certain_or_impossible_in_both_apis(server: Running, folders):
    tokenizer = folders["stories"].tokenizer
    certain = {"model": "stories", "logit_bias": {"70": 100}, "max_tokens": 5, "temperature": 1}
    messages = [{"role": "user", "content": "The cat"}]
    for path, asked in ((COMPLETIONS, {"prompt": "The cat"}), (CHAT, {"messages": messages})):
        choice = server.ask(path, certain | asked).json["choices"][0]
        assert (choice.get("text") or choice["message"]["content"]) == tokenizer.decode([70] * 5)
    free = {"model": "stories", "prompt": "The cat", "temperature": 0, "max_tokens": 1, "logprobs": 1}
    (likeliest,) = server.ask(COMPLETIONS, free).json["choices"][0]["logprobs"]["top_logprobs"][0]
    (token,) = tokenizer.encode_ordinary(likeliest)
    without = server.ask(COMPLETIONS, free | {"logit_bias": {str(token): -100}}).json
    assert without["choices"][0]["logprobs"]["tokens"] != [likeliest]


def test_the_usage_in_a_chunk_of_its_own(server: Running):
    asked = {"model": "stories", "prompt": "The cat", "seed": 2, "max_tokens": 4}
    events = server.events(COMPLETIONS, asked | {"stream_options": {"include_usage": True}})
    assert events[-1]["choices"] == [] and events[-1]["usage"]["completion_tokens"] >= 1
    assert all("usage" not in event for event in events[:-1])


@pytest.mark.parametrize("values, code, param", [
    *(({name: 1}, "unsupported_parameter", name) for name in sorted(UNSUPPORTED) if name != "best_of"),
    ({"best_of": 2}, "unsupported_parameter", "best_of"),
    ({"no_such": 1}, "unknown_parameter", "no_such"),
    ({"max_tokens": 0}, "invalid_value", "max_tokens"), ({"max_tokens": "5"}, "invalid_value", "max_tokens"),
    ({"max_tokens": True}, "invalid_value", "max_tokens"), ({"max_tokens": 5000}, "invalid_value", "max_tokens"),
    ({"n": 17}, "invalid_value", "n"), ({"n": 9, "prompt": ["a", "b"]}, "invalid_value", "n"),
    ({"temperature": -1}, "invalid_value", "temperature"), ({"top_p": 0}, "invalid_value", "top_p"),
    ({"stop": ["a"] * 5}, "invalid_value", "stop"), ({"stop": ""}, "invalid_value", "stop"),
    ({"stop": "a" * 257}, "invalid_value", "stop"), ({"logprobs": 21}, "invalid_value", "logprobs"),
    ({"logit_bias": {"x": 1}}, "invalid_value", "logit_bias"),
    ({"logit_bias": {"1": 101}}, "invalid_value", "logit_bias"),
    ({"logit_bias": {"99999": 1}}, "invalid_value", "logit_bias"), ({"prompt": []}, "invalid_value", "prompt"),
    ({"prompt": [99999]}, "invalid_value", "prompt"), ({"prompt": None}, "invalid_value", "prompt"),
    ({"prompt": "the cat " * 200}, "context_length_exceeded", "prompt"),
    ({"prompt": "a" * 200_001}, "prompt_too_long", "prompt"),
    ({"stream_options": {"include_usage": True}}, "invalid_value", "stream_options"),
    ({"model": "no-such"}, "model_not_found", "model"), ({"model": "../stories"}, "model_not_found", "model"),
    ({"model": None}, "missing_parameter", "model"),
])  # fmt: skip
def test_what_is_not_done_is_refused_by_name(server: Running, values, code, param):
    answer = server.ask(COMPLETIONS, {"model": "stories", "prompt": "The cat", "max_tokens": 2} | values)
    assert answer.status == (404 if code == "model_not_found" else 400), answer.json
    error = answer.json["error"]
    assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")
    assert "\n" not in error["message"] and len(error["message"]) > 20


@pytest.mark.parametrize("values, code", [
    ({"messages": []}, "invalid_value"), ({"messages": [{"role": "system", "content": "x"}]}, "unsupported_parameter"),
    ({"messages": [{"role": "assistant", "content": "x"}]}, "invalid_value"),
    ({"messages": [{"role": "user", "content": " "}]}, "invalid_value"),
    ({"messages": [{"role": "user", "content": "x", "name": "y"}]}, "unknown_parameter"),
    ({"top_logprobs": 3}, "invalid_value"), ({"max_completion_tokens": 3, "max_tokens": 4}, "invalid_value"),
    ({"tools": []}, "unsupported_parameter"),
])  # fmt: skip
def test_what_chat_refuses(server: Running, values, code):
    asked = {"model": "answers", "messages": [{"role": "user", "content": "What helps?"}]} | values
    answer = server.ask(CHAT, asked)
    assert (answer.status, answer.code) == (400, code), answer.json


def test_neutral_values_are_taken(server: Running):
    neutral = {
        "frequency_penalty": 0, "presence_penalty": 0.0, "echo": False, "best_of": 1, "stop": None, "logit_bias": None,
        "stream": False, "suffix": None,
    }  # fmt: skip
    del neutral["suffix"]
    assert server.ask(COMPLETIONS, {"model": "stories", "prompt": "", "max_tokens": 1} | neutral).status == 200


def test_models_are_told_of(server: Running, folders):
    names = [model["id"] for model in server.ask("/v1/models").json["data"]]
    assert names == ["stories", "answers", "reasons"]
    assert server.ask("/v1/models/answers").json["id"] == "answers"
    assert server.ask("/v1/models/no-such").code == "model_not_found"
    facts = {model["name"]: model for model in server.ask("/api/models").json["models"]}
    assert facts["stories"]["kind"] == "stories" and facts["stories"]["notice"] == ""
    assert facts["answers"]["kind"] == "answers" and facts["answers"]["notice"] == NOTICE
    assert facts["stories"]["bits"] == 32 and facts["stories"]["context"] == 128
    assert facts["answers"]["measured"] == []  # a folder that is no run's
    from tiny import tiny_model

    parameters = sum(each.numel() for each in tiny_model(0, block_size=128).parameters())
    assert facts["stories"]["parameters"] >= parameters and facts["stories"]["size_bytes"] > 4 * parameters


def test_health_readiness_docs_and_what_is_not_there(server: Running):
    assert server.ask("/health").json == {"status": "ok"} and server.ask("/ready").json == {"status": "ready"}
    page = server.ask("/docs")
    assert page.status == 200 and "max_tokens" in page.body.decode() and "tokens_per_minute" in page.body.decode()
    assert "http://" not in page.body.decode() and "https://" not in page.body.decode()
    assert server.ask("/no/such").code == "not_found"
    assert server.ask(COMPLETIONS, method="DELETE").code == "method_not_allowed"


def test_figures(folders):
    figures = Figures()
    with running(opened(folders, figures), figures) as server:
        server.ask(COMPLETIONS, {"model": "stories", "prompt": "The cat", "max_tokens": 5, "temperature": 0})
        server.ask(COMPLETIONS, {"model": "stories", "tools": 1})
        metrics = server.ask("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = metrics.body.decode()
    for name in ("queue_length", "batch_size", "tokens_per_second"):
        assert re.search(rf'^slm_{name}{{model="stories"}} ', text, re.M), name
    assert 'slm_time_to_first_token_seconds_count{model="stories"} 1.0' in text
    assert re.search(r'^slm_time_between_tokens_seconds_count{model="stories"} [1-9]', text, re.M)
    assert 'slm_refusals_total{reason="unsupported_parameter"} 1.0' in text
    assert 'slm_responses_total{route="/v1/completions",status="200"} 1.0' in text
    assert re.search(r'^slm_tokens_total{model="stories"} [1-5]', text, re.M)
