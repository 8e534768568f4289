"""Who may come in, what browsers are told, what is kept out of the log, and who is cut off."""

from __future__ import annotations

import base64
import json
import socket
import sys
from pathlib import Path

import pytest
from serving.conftest import Running, opened, running, wait_for

from slm.errors import ConfigError
from slm.serving.api_keys import ApiKeys, read_api_keys
from slm.serving.app import PAGE
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.security import Rules
from slm.serving.server import open_socket

COMPLETIONS = "/v1/completions"
ASKED = {"model": "stories", "prompt": "The cat", "max_tokens": 2}
KEY = "k" * 20 + "-good-key"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def closed(folders) -> Running:
    """A server that wants keys."""
    figures = Figures()
    rules = Rules(ApiKeys({"first": "x" * 30, "second": KEY}), frozenset({"models.example"}))
    with running(opened({"stories": folders["stories"]}, figures), figures, rules=rules) as made:
        yield made


def routes(server: Running) -> list[tuple[str, str]]:
    """All routes of the application, by its own description, and those that stand in none."""
    paths = server.server.app.app.openapi()["paths"]
    found = [(method.upper(), path.replace("{name}", "stories")) for path in paths for method in paths[path]]
    return [*found, ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/")]


def test_every_route_but_health_and_ready_is_closed_without_a_key(closed: Running):
    found = routes(closed)
    assert {path for _, path in found} >= {COMPLETIONS, "/v1/chat/completions", "/v1/models", "/metrics", "/docs"}
    for method, path in found:
        expected = 200 if path in ("/health", "/ready") else 401
        for headers in (
            {},
            bearer("wrong" * 8),
            bearer(""),
            {"Authorization": KEY},
            bearer(KEY[:-1]),
            bearer(KEY + "x"),
        ):
            answer = closed.ask(path, ASKED if method == "POST" else None, method, **headers)
            assert answer.status == expected, (method, path, headers)
        assert closed.ask(path, ASKED if method == "POST" else None, method, **bearer(KEY)).status != 401


def test_nothing_is_told_of_what_is_not_there_without_a_key(closed: Running):
    assert closed.ask("/no/such").status == 401


def test_a_good_key_opens(closed: Running):
    assert closed.ask(COMPLETIONS, ASKED, **bearer(KEY)).status == 200
    assert closed.ask(COMPLETIONS, ASKED, **bearer("x" * 30)).status == 200


def test_browsers_send_the_key_as_password(closed: Running):
    password = base64.b64encode(f"me:{KEY}".encode()).decode()
    assert closed.ask("/v1/models", Authorization=f"Basic {password}").status == 200
    refused = closed.ask("/docs", Accept="text/html")
    assert refused.status == 401 and refused.headers["www-authenticate"].startswith("Basic")
    for damaged in ("Basic ???", "Basic", "Basic Og==", "Digest x"):
        assert closed.ask("/v1/models", Authorization=damaged).status == 401


@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("127.0.0.1:8000", 200), ("[::1]:80", 200), ("192.0.2.7", 200), ("models.example:443", 200),
    ("evil.example", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil.example:8000", 403), ("", 403),
    ("models.example@evil", 403),
])  # fmt: skip
def test_the_host_header(closed: Running, host, status):
    assert closed.ask("/health", Host=host).status == status


@pytest.mark.parametrize("origin, status", [(None, 200), ("same", 200), ("http://evil.example", 403), ("null", 403)])
def test_pages_of_others_have_nothing_done(server: Running, origin, status):
    headers = {} if origin is None else {"Origin": server.url if origin == "same" else origin}
    assert server.ask(COMPLETIONS, ASKED, **headers).status == status


def test_no_origin_is_reflected(server: Running):
    for method in ("GET", "OPTIONS"):
        asking = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        answer = server.ask("/v1/models", method=method, **asking)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_body_that_says_it_is_no_json_is_refused(server: Running):
    """A form or text/plain is what pages of others could have sent without asking first."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = server.ask(COMPLETIONS, json.dumps(ASKED).encode(), **{"Content-Type": kind})
        assert (answer.status, answer.code) == (400, "invalid_json")


@pytest.mark.parametrize("path", ["/health", "/docs", "/no/such", "/v1/models"])
def test_security_headers(server: Running, path):
    headers = server.ask(path).headers
    assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy and "http" not in policy
    assert "server" not in {name.lower() for name in headers}


def test_the_log_has_one_line_an_event_and_no_secrets(closed: Running):
    evil = "qzx\nzxq\r\x1b[31m\x7f\u2028"
    wait_for(lambda: closed.figure("slm_connections") == 0)  # nothing of others is still to be told
    before = len(closed.log)
    closed.ask(COMPLETIONS, ASKED | {"prompt": evil}, **bearer(KEY))
    closed.ask(COMPLETIONS, ASKED | {"model": evil}, **bearer(KEY))
    closed.ask(COMPLETIONS, ASKED | {evil: 1}, **bearer(KEY))
    closed.ask("/qzx%0azxq%1b", method="POST", content={}, **bearer(KEY))
    closed.ask(COMPLETIONS, ASKED, **bearer("qzx-a-wrong-key"))
    wait_for(lambda: len(closed.log) == before + 5)
    text = closed.lines.getvalue()
    assert not [word for word in ("qzx", "zxq", KEY, "cat") if word in text]
    assert all(32 <= ord(letter) < 127 or letter == "\n" for letter in text)
    last = closed.log[before:]
    assert [line["event"] for line in last] == ["request"] * 5
    assert last[0]["client"] == "second" and last[0]["model"] == "stories" and last[0]["completion_tokens"] <= 2
    assert last[4]["status"] == 401 and "client" not in last[4]


def test_a_failure_is_told_without_the_prompt(server: Running, monkeypatch):
    async def fails(*arguments):
        raise RuntimeError("a prompt")

    monkeypatch.setattr(server.server.service, "complete", fails)
    answer = server.ask(COMPLETIONS, ASKED)
    assert (answer.status, answer.code) == (500, "engine_failed")
    wait_for(lambda: any(line["event"] == "failure" for line in server.log))
    failure = next(line for line in server.log if line["event"] == "failure")
    assert failure["error"] == "RuntimeError" and "prompt" not in json.dumps(failure)


def test_tokens_a_minute(folders):
    figures = Figures()
    limits = Limits(tokens_per_minute=60)
    with running(opened({"stories": folders["stories"]}, figures, limits), figures, limits) as server:
        more = server.ask(COMPLETIONS, ASKED | {"max_tokens": 100})
        assert (more.status, more.code) == (400, "more_than_a_minutes_tokens")
        asked = ASKED | {"max_tokens": 50, "temperature": 0}
        refused = [answer for _ in range(5) if (answer := server.ask(COMPLETIONS, asked)).status != 200]
        assert refused and all(answer.status == 429 and int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert refused[0].code == "tokens_per_minute" and refused[0].json["error"]["type"] == "rate_limit_error"


# Keys


@pytest.mark.parametrize("content, message", [
    ("", "found none"), ("# nothing\n", "found none"), ("short\n", "16 characters"), ("a b c\n", "expected KEY"),
    ("a " + "x" * 20 + "\na " + "y" * 20, "twice"), ("a " + "x" * 20 + "\nb " + "x" * 20, "twice"),
])  # fmt: skip
def test_files_of_keys_that_are_refused(tmp_path: Path, content, message):
    (tmp_path / "keys").write_text(content)
    with pytest.raises(ConfigError, match=message):
        read_api_keys(tmp_path / "keys")


def test_a_file_of_keys(tmp_path: Path):
    (tmp_path / "keys").write_text(f"# ours\nada {'x' * 20}\n\n{'y' * 20}  # nobody's\n")
    keys = read_api_keys(tmp_path / "keys")
    assert keys.holder(b"Bearer " + b"x" * 20) == "ada" and keys.holder(b"bearer " + b"y" * 20) == "key-4"
    assert keys.holder(b"Bearer " + b"z" * 20) is None and keys.holder(b"") is None
    with pytest.raises(ConfigError, match="no-such"):
        read_api_keys(tmp_path / "no-such")


def test_other_addresses_than_loopback_need_keys():
    for host in ("0.0.0.0", "::"):
        with pytest.raises(ConfigError, match="--api-keys"):
            open_socket(host, 0, keys=False)


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="--port"):
        open_socket("127.0.0.1", taken.getsockname()[1], keys=False)
    with pytest.raises(ConfigError, match="port"):
        open_socket("127.0.0.1", 70000, keys=False)


# Slow ones


@pytest.fixture(scope="module")
def impatient(folders) -> Running:
    figures = Figures()
    limits = Limits(header_seconds=0.3, body_seconds=0.3, stall_seconds=0.3, keep_alive_seconds=0.3, connections=40)
    with running(opened({"stories": folders["stories"]}, figures, limits), figures, limits) as made:
        yield made


HEAD = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n"


@pytest.mark.parametrize("begin, drip, reason", [
    (b"", b"", "headers"), (HEAD, b"X-A: b\r\n", "headers"), (HEAD + b"\r\n", b" ", "body"),
])  # fmt: skip
def test_slow_clients_are_cut(impatient: Running, begin, drip, reason):
    before = impatient.figure(f'slm_connections_cut_total{{reason="{reason}"}}')
    attackers = [impatient.connect() for _ in range(10)]
    for attacker in attackers:
        attacker.sendall(begin)

    def all_cut() -> bool:
        for attacker in attackers:
            try:
                attacker.sendall(drip)
            except OSError:
                continue
        return impatient.figure(f'slm_connections_cut_total{{reason="{reason}"}}') >= before + 10

    wait_for(all_cut)
    assert impatient.ask(COMPLETIONS, ASKED).status == 200
    for attacker in attackers:
        attacker.close()


def test_headers_and_body_have_a_bound_together(server: Running):
    others = set(server.server.server_state.connections)
    with server.connect() as slow:
        slow.sendall(HEAD)
        wait_for(lambda: server.server.server_state.connections - others)
        (connection,) = server.server.server_state.connections - others
        began = connection.since
        assert connection.phase == "headers"
        slow.sendall(b"\r\n")
        wait_for(lambda: connection.phase == "body")
        assert connection.since == began


def test_a_client_that_does_not_read_is_cut(impatient: Running):
    much = {"n": 16, "logprobs": 20, "max_tokens": 110, "prompt": "The", "logit_bias": {"5": 100}}  # a megabyte
    body = json.dumps(much).encode()
    before = impatient.figure('slm_connections_cut_total{reason="unread"}')
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        reader.connect(("127.0.0.1", impatient.port))
        reader.sendall(HEAD.replace(b"900", b"%d" % len(body)) + b"\r\n" + body)
        wait_for(lambda: impatient.figure('slm_connections_cut_total{reason="unread"}') == before + 1)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell what they have not sent")
def test_a_page_that_lies_unread_in_the_systems_buffers_is_cut_and_given_up(impatient: Running):
    before = impatient.figure('slm_connections_cut_total{reason="unread"}')
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        reader.connect(("127.0.0.1", impatient.port))
        reader.sendall(b"GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(lambda: impatient.figure('slm_connections_cut_total{reason="unread"}') == before + 1)
        with pytest.raises(ConnectionResetError):  # what was not sent is not kept for it
            while reader.recv(65536):
                pass


def test_a_crowd_of_one_address_is_refused_and_others_are_served(impatient: Running, monkeypatch):
    monkeypatch.setattr("slm.serving.turns.LONGEST_LINE", 0)
    with impatient.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while part := connection.recv(4096):
            received += part
    assert received.startswith(b"HTTP/1.1 429") and b'"crowd"' in received and b"retry-after: 1" in received
    monkeypatch.undo()
    assert impatient.ask("/health").status == 200


def test_connections_that_wait_too_long_for_another_request_are_closed(impatient: Running):
    with impatient.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while part := connection.recv(4096):
            received += part
    assert received.count(b"200 OK") == 1


def test_more_connections_than_there_may_be_are_refused(impatient: Running):
    opened_ones = [impatient.connect() for _ in range(60)]
    refused = 0
    for connection in opened_ones:
        connection.settimeout(30)
        answer = b""
        while part := receive(connection):
            answer += part
        refused += answer.startswith(b"HTTP/1.1 503") and b"retry-after" in answer
        connection.close()
    assert refused >= 15


def receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(4096)
    except OSError:
        return b""


@pytest.mark.skipif(not (PAGE / "index.html").is_file(), reason="no page yet")
def test_the_page_is_served_at_the_root(server: Running):
    answer = server.ask("/")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
