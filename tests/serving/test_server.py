"""The command itself, in a process of its own: what it prints, several models, signals, the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import run_slm
from serving.conftest import opened, running, wait_for

from slm.errors import ConfigError
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.models import choose_slots, count_parameters, free_name, parse_source, sequence_bytes

STREAM = {
    "prompt": "The", "max_tokens": 300, "stream": True, "continue_past_context": True, "logit_bias": {"5": 100},
}  # fmt: skip


@pytest.fixture
def process(folders) -> Iterator[subprocess.Popen]:
    """slm serve, with two models; `url` is where."""
    words = [str(folders["stories"].path), f"ask={folders['answers'].path}@32", "--port", "0", "--threads", "1"]
    command = [sys.executable, "-m", "slm", "serve", *words, "--engine", "onnx", "--bits", "32"]
    made = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    printed = ""
    while "curl" not in printed:
        line = made.stdout.readline()
        assert line, made.stderr.read()
        printed += line
    made.printed = printed
    made.url = printed.partition("serving on ")[2].partition(",")[0]
    yield made
    made.kill()
    made.wait()
    made.stdout.close()
    made.stderr.close()


def post(url: str, content: dict, timeout: float = 60) -> urllib.request.Request:
    request = urllib.request.Request(
        f"{url}/v1/completions", json.dumps(content).encode(), {"Content-Type": "application/json"}
    )
    return urllib.request.urlopen(request, timeout=timeout)


def test_the_command_serves_until_it_is_told_to_stop(process):
    assert "stories: writes on" in process.printed and "ask: answers questions" in process.printed
    curl = process.printed.splitlines()[-1]
    body = json.loads(curl.partition("-d '")[2].rstrip("'"))
    with post(process.url, body | {"max_tokens": 3}) as answer:
        assert json.loads(answer.read())["model"] == "stories"
    stream = post(process.url, STREAM | {"model": "stories"})
    assert stream.readline().startswith(b"data: ")
    process.send_signal(signal.SIGTERM)
    rest = stream.read()
    assert rest.endswith(b"data: [DONE]\n\n") and b'"finish_reason":"length"' in rest
    assert process.wait(60) == 0
    errors = process.stderr.read()
    assert "Traceback" not in errors and errors.rstrip().endswith("stopped")
    assert [json.loads(line)["event"] for line in errors.splitlines() if line.startswith("{")][-2:] == [
        "draining",
        "request",
    ]


def test_ctrl_c_ends_it_too(process):
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


def test_while_it_drains_new_ones_are_refused_and_running_ones_finish(folders):
    figures = Figures()
    with running(opened({"stories": folders["stories"]}, figures), figures) as server:
        stream = post(server.url, STREAM | {"max_tokens": 1000})
        stream.readline()
        server.stop()
        wait_for(lambda: server.server.service.draining)
        refused = server.ask("/v1/completions", {"prompt": "The"})
        assert (refused.status, refused.code) == (503, "shutting_down") and refused.headers["retry-after"]
        assert refused.headers["connection"] == "close"  # so that it comes again to another server
        assert server.ask("/ready").status == 503 and server.ask("/health").status == 200
        assert stream.read().endswith(b"data: [DONE]\n\n")


def test_what_does_not_finish_within_the_drain_time_is_told_so(folders):
    figures, limits = Figures(), Limits(drain_seconds=0.2)
    with running(opened({"stories": folders["stories"]}, figures, limits), figures, limits) as server:
        stream = post(server.url, STREAM | {"max_tokens": 4096})
        stream.readline()
        server.server.service.models.named(None).scheduler._batch.step = lambda turn: []  # writes no more
        server.stop()
        last = stream.read().strip().splitlines()[-1]
    assert json.loads(last.removeprefix(b"data: "))["error"]["code"] == "shutting_down"


def test_the_deadline_cuts_a_text_and_says_so(folders):
    figures, limits = Figures(), Limits(seconds=0.3)
    with running(opened({"stories": folders["stories"]}, figures, limits), figures, limits) as server:
        answer = server.ask("/v1/completions", STREAM | {"max_tokens": 4096, "stream": False}).json
    assert answer["cut"] == "deadline" and answer["choices"][0]["finish_reason"] == "length"


def test_overload_is_refused_with_429_and_what_is_taken_is_finished(folders):
    figures, limits = Figures(), Limits(queue=4)
    statuses = []
    with running(opened({"stories": folders["stories"]}, figures, limits, slots=2), figures, limits) as server:

        def ask() -> None:
            answer = server.ask("/v1/completions", STREAM | {"stream": False, "max_tokens": 60})
            statuses.append((answer.status, "retry-after" in answer.headers))

        threads = [threading.Thread(target=ask) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not server.server.service.busy
    assert set(statuses) <= {(200, False), (429, True)} and (200, False) in statuses and (429, True) in statuses


def test_the_newest_run_is_served_where_none_is_named(tmp_path: Path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_slm("serve", "--port", "0") == 1
    assert "slm run quick makes one" in capfd.readouterr().err


@pytest.mark.parametrize("words, message", [
    (["--host", "0.0.0.0"], "--api-keys"), (["--api-keys", "no-such"], "no-such"),
    (["--deadline", "soon"], "--deadline"),
    (["a b=quick"], "NAME=]SOURCE"), (["quick@x"], "NAME=]SOURCE"), (["--queue", "0"], "queue"),
])  # fmt: skip
def test_what_the_command_refuses(words, message, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_slm("serve", "--port", "0", *words) == 2
    assert message in capfd.readouterr().err


def test_a_missing_extra_is_named_with_its_command(capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert run_slm("serve") == 1
    assert "pip install 'slm-toolkit[serve]'" in capfd.readouterr().err


def test_sources_and_names():
    assert parse_source("quick") == ("", "quick", 0) and parse_source("a=b/c@4") == ("a", "b/c", 4)
    assert parse_source("hub:owner/name@8") == ("", "hub:owner/name", 8)
    with pytest.raises(ConfigError):
        parse_source("=x")
    assert (
        free_name("My model!", []) == "My-model"
        and free_name("a", ["a", "a-2"]) == "a-3"
        and free_name("..", []) == "model"
    )


def test_memory_decides_how_many_texts_are_written_together(folders, monkeypatch):
    gpt2 = {"n_layer": 12, "n_embd": 768, "n_positions": 1024}
    assert sequence_bytes(gpt2) == 2 * 12 * 768 * 1024 * 4
    qwen = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 64,
            "head_dim": 16, "max_position_embeddings": 10}  # fmt: skip
    assert sequence_bytes(qwen) == 2 * 2 * 32 * 10 * 4
    one = sequence_bytes({"n_layer": 2, "n_embd": 16, "n_positions": 128})
    monkeypatch.setattr("slm.serving.models.memory_bytes", lambda: (0, one * 4 * 5))
    assert choose_slots([folders["stories"]]) == 5
    monkeypatch.setattr("slm.serving.models.memory_bytes", lambda: (0, 0))
    assert choose_slots([folders["stories"]]) == 1


def test_parameters_are_counted_from_the_weights(folders):
    assert count_parameters(folders["stories"].path / "model.safetensors") > 1000
    assert count_parameters(Path(__file__)) is None and count_parameters(Path("no-such")) is None
