"""Bodies and requests that mean harm: all are refused, none is answered by a 5xx, none stops the server."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
import time

import pytest
from serving.conftest import Running, opened, running, wait_for

from slm.serving.figures import Figures
from slm.serving.limits import Limits

COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
START = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n"
HEAD = START + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
LONG = {"model": "stories", "prompt": "The cat", "continue_past_context": True, "logit_bias": {"5": 100}}  # never ends
PROMPT = b'{"model": "stories", "max_tokens": 1, "prompt": '
VALUES = [
    "NaN", "Infinity", "-Infinity", "1e400", "-1", "-1e308", "1e308", "0", "2147483648", "9" * 400, "9" * 5000, "true",
    "[]", "{}", '""', '"x"', "[null]", '"\\ud800"', '"\\u0000"', "null", "-0.0", "1.5", "[1e400]",
]  # fmt: skip
FIELDS = [
    "prompt", "max_tokens", "n", "logprobs", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed",
    "stop", "stream", "stream_options", "logit_bias", "model", "echo", "continue_past_context",
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_values_of_every_field(server: Running, field):
    for value in VALUES:
        given = {"model": '"stories"', "prompt": '"The"', "max_tokens": "1"} | {field: value}
        body = "{" + ", ".join(f'"{name}": {text}' for name, text in given.items()) + "}"
        answer = server.ask(COMPLETIONS, body.encode())
        assert answer.status in (200, 400, 404), (field, value, answer)
        if answer.status != 200:
            assert answer.json["error"]["message"].isprintable()


@pytest.mark.parametrize("body", [
    b"", b"{", b"null", b"[]", b'"x"', b"{} {}", b"\xff\xfe", b"\x00", b"\xef\xbb\xbf{}", b'{"a": \xff}',
    b"[" * 10_000, b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    PROMPT + b"[" * 10_000 + b"]" * 10_000 + b"}",
    PROMPT + b'"' + b"\\ud800" * 1000 + b'"}', PROMPT + b'"\xed\xa0\x80"}',
    b'{"prompt": "a", "prompt": "b", "model": "no"}', b'{"\\ud800": 1}', b'{"\\u0000\\u001b": 1}',
    json.dumps({"model": "stories", "prompt": [[1]] * 9}).encode(),
    json.dumps({"model": "stories", "prompt": "x", "logit_bias": {str(n): 1 for n in range(400)}}).encode(),
    json.dumps({"model": "stories", "prompt": "x", "logit_bias": {"\u0661": 1}}).encode(),
    json.dumps({"model": "stories", "prompt": "x", "n": 10**9}).encode(),
    json.dumps({"model": "stories", "prompt": "x", "stop": ["\u0000"] * 1000}).encode(),
    json.dumps({f"field{n}": n for n in range(20_000)}).encode(),
], ids=itertools.count())  # fmt: skip
def test_bodies(server: Running, body):
    for path in (COMPLETIONS, CHAT):
        answer = server.ask(path, body, method="POST")
        assert answer.status in (400, 404, 422), answer
        assert answer.json["error"]["message"].isprintable()


def test_control_characters_and_special_tokens_in_a_prompt_are_text(server: Running):
    for prompt in ("\x00", "<|endoftext|>", "\u202e\u0007", "\U0001f600" * 5, "\ufffe"):
        assert server.ask(COMPLETIONS, {"model": "stories", "prompt": prompt, "max_tokens": 1}).status == 200


@pytest.mark.parametrize(
    "prompt", ["a" * 190_000, " " * 190_000, "\u00e9" * 150_000, "a1" * 95_000, "'s" * 95_000, "\n " * 95_000]
)
def test_long_prompts_are_refused_before_the_engine_sees_them(server: Running, prompt):
    answer = server.ask(COMPLETIONS, {"model": "stories", "prompt": prompt})
    assert answer.code == "context_length_exceeded"


def test_bodies_that_are_too_large(server: Running):
    assert server.ask(COMPLETIONS, b"x" * (2**20 + 1)).status == 413
    assert raw(server, chunked(b"x" * 2**16, 40)).startswith(b"HTTP/1.1 413")
    assert raw(
        server, b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n\r\n"
    ).startswith(b"HTTP/1.1 413")


def chunked(part: bytes, times: int) -> bytes:
    head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + (b"%x\r\n" % len(part) + part + b"\r\n") * times + b"0\r\n\r\n"


def raw(server: Running, sent: bytes) -> bytes:
    """What comes back for some bytes, until the connection is closed or an answer has come."""
    with server.connect() as connection:
        received = b""
        try:
            connection.sendall(sent)
            while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
                received += part
        except OSError:
            pass
        return received


@pytest.mark.parametrize("sent, status", [
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 5000 + b"\r\n", b"431"),
    (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"431"),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000, b"431"),
    (b"GET /health HTTP/1.1\r\n\r\n", b"403"),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", b"400"),
    (START + b"Content-Length: -5\r\n\r\n", b"400"),
    (START + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
    (START + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"400"), (b"nonsense\r\n\r\n", b"400"),
    (b"GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n", b"400"),
    (b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", b"40"),
    (b"GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
    (b"GET /..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
    (b"GET /v1/models/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
    (b"GET /v1/models/..%2f.. HTTP/1.1\r\nHost: localhost\r\n\r\n", (b"404", b"307")),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"200"),
], ids=itertools.count())  # fmt: skip
def test_requests_by_the_byte(server: Running, sent, status):
    assert raw(server, sent)[9:].startswith(status), raw(server, sent)
    assert server.ask("/health").status == 200


def test_many_requests_behind_one_another_end_the_connection(server: Running):
    body = json.dumps(LONG | {"max_tokens": 100}).encode()
    before = server.figure('slm_connections_cut_total{reason="pipeline"}')
    raw(server, (HEAD % len(body) + body) * 50)
    wait_for(lambda: server.figure('slm_connections_cut_total{reason="pipeline"}') == before + 1)


def abandon(server: Running, count: int) -> None:
    """Begin `count` streams and leave each in the middle."""
    body = json.dumps(LONG | {"max_tokens": 4000, "stream": True}).encode()
    for _ in range(count):
        with server.connect() as connection:
            connection.sendall(HEAD % len(body) + body)
            while b"data: " not in connection.recv(65536):
                pass


@pytest.mark.parametrize("count", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_abandoned_requests_free_their_places(server: Running, count):
    before = server.figure('slm_texts_total{model="stories",reason="left"}')
    threads = [threading.Thread(target=abandon, args=(server, count // 5)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scheduler = server.server.service.models.named("stories").scheduler
    wait_for(lambda: not scheduler.busy)
    assert server.figure('slm_texts_total{model="stories",reason="left"}') == before + count
    assert scheduler.writing == 0 and scheduler.queued == 0
    assert server.ask(COMPLETIONS, {"model": "stories", "prompt": "The", "max_tokens": 1}).status == 200


def test_a_stream_that_nobody_reads_gives_its_place_up_and_goes_on_when_it_is_read(folders):
    end = str(folders["stories"].tokenizer.eot_token)
    asked = LONG | {"max_tokens": 600, "seed": 4, "logprobs": 5, "logit_bias": {end: -100}}
    body = json.dumps(asked | {"stream": True}).encode()
    figures, limits = Figures(), Limits(pause_seconds=0.01)
    with running(opened({"stories": folders["stories"]}, figures, limits), figures, limits) as server:
        scheduler = server.server.service.models.named("stories").scheduler
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") % len(body) + body)
            paused, tokens = 'slm_texts_paused{model="stories"}', 'slm_tokens_total{model="stories"}'

            def stalled() -> bool:  # and not only until the system has room for some more
                before = server.figure(tokens)
                time.sleep(0.3)
                return server.figure(tokens) == before and server.figure(paused) == 1 and scheduler.writing == 0

            wait_for(stalled)
            assert server.ask(COMPLETIONS, {"model": "stories", "prompt": "The", "max_tokens": 1}).status == 200
            assert server.figure(paused) == 1 and scheduler.busy
            assert server.figure(tokens) < 500  # what lies in the system's buffers is written
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)
            received = b""
            while part := connection.recv(65536):
                received += part
        events = [json.loads(line[6:]) for line in received.splitlines() if line.startswith(b"data: {")]
        text = "".join(choice["text"] for event in events for choice in event["choices"])
        assert text == server.ask(COMPLETIONS, asked).json["choices"][0]["text"]
        assert events[-1]["usage"]["completion_tokens"] == 600 and not scheduler.busy


def tried(operation, mode, cases: int) -> list[str]:
    """Make requests for an operation, valid or not, and hold the answers against its description; their paths."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import Unsatisfiable
    from schemathesis.specs.openapi import checks

    wanted = [
        schemathesis.checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance,
    ]  # fmt: skip
    paths = []

    @settings(max_examples=cases, suppress_health_check=list(HealthCheck), phases=[Phase.generate], database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case):
        paths.append(case.path)
        if mode.is_positive and isinstance(case.body, dict):
            case.body |= {"max_tokens": 3, "n": 2}  # what is valid would be written to its end
            case.body.pop("max_completion_tokens", None)
        case.validate_response(case.call(timeout=60), checks=wanted)

    with contextlib.suppress(Unsatisfiable):  # nothing about it can be wrong
        attempt()
    return paths


@pytest.mark.parametrize("cases, least", [(10, 90), pytest.param(570, 5000, marks=pytest.mark.slow)])
def test_schemathesis(server: Running, cases, least):
    schemathesis = pytest.importorskip("schemathesis", reason="the package schemathesis is missing")
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    paths = [path for each in operations for mode in schemathesis.GenerationMode for path in tried(each, mode, cases)]
    assert len(paths) >= least and len(set(paths)) >= 8
