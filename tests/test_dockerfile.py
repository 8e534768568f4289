"""The Dockerfile, as far as it can be held to account where nothing can build it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WITHOUT = {"torch", "onnx", "matplotlib", "tokenizers"}  # of the dependencies: what serving does not take


@pytest.fixture(scope="module")
def stages() -> list[list[tuple[str, str]]]:
    """(instruction, what it says) of each stage; the first of a stage is FROM."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M).replace("\\\n", " ")
    found: list[list[tuple[str, str]]] = []
    for line in filter(None, text.splitlines()):
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


def said(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for each, rest in stage if each == word]


def test_every_stage_begins_with_the_same_pinned_python(stages):
    bases = [said(stage, "FROM")[0].split(" AS ")[0] for stage in stages]
    assert len(bases) == 2 and len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases[0])
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    least = tuple(map(int, wanted.removeprefix(">=").split(".")))
    assert tuple(map(int, bases[0].removeprefix("python:").split("-")[0].split(".")))[:2] >= least


def test_what_runs_is_not_root_and_brings_no_tools(stages):
    built, runs = stages
    words = [word for word, _ in runs]
    assert "RUN" not in words and words.index("USER") < words.index("ENTRYPOINT")
    user, _, group = said(runs, "USER")[-1].partition(":")
    assert int(user) > 0 and int(group) > 0
    assert said(runs, "COPY") == ["--from=build /venv /venv"] and said(built, "FROM")[0].endswith(" AS build")


def test_nothing_comes_from_the_net_but_by_pip(stages):
    for stage in stages:
        assert not said(stage, "ADD")
        for command in said(stage, "RUN"):
            assert not re.search(r"\b(curl|wget|git|apt|apt-get)\b|://", command)


def test_what_is_copied_is_there_and_not_left_out_of_the_context(stages):
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = {name for each in said(stages[0], "COPY") for name in each.split()[:-1]}
    assert ignored[0] == "*" and copied == let_in
    assert all((ROOT / name).exists() for name in copied)


def test_the_packages_are_those_of_the_project(stages):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["serve"]]
    names = {re.match(r"[A-Za-z0-9-]+", each)[0] for each in wanted}
    command = next(each for each in said(stages[0], "RUN") if "-c constraints.txt" in each)
    assert set(shlex.split(command.partition("constraints.txt")[2])) == names - WITHOUT


def test_serving_takes_none_of_what_is_left_out():
    blocked = f"import sys; sys.modules.update(dict.fromkeys({sorted(WITHOUT)}))"
    modules = "slm.cli.serving, slm.serving.server, slm.serving.runs, slm.serving.sources, slm.generation.onnx_engine"
    done = subprocess.run(
        [sys.executable, "-c", f"{blocked}; import {modules}; import slm.cli.main as m; m.run()", "serve", "--help"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "--api-keys" in done.stdout, done.stderr


def test_it_asks_for_keys_and_its_health_is_looked_at(stages, tmp_path: Path, capfd, monkeypatch):
    from cli.conftest import run_slm

    runs = stages[1]
    entry, (health,) = json.loads(said(runs, "ENTRYPOINT")[0]), said(runs, "HEALTHCHECK")
    port = entry[entry.index("--port") + 1]
    assert entry[:2] == ["slm", "serve"] and said(runs, "EXPOSE") == [port]
    assert f"http://127.0.0.1:{port}/health" in json.loads(health.partition("CMD ")[2])[-1]
    compile(json.loads(health.partition("CMD ")[2])[-1], "healthcheck", "exec")
    monkeypatch.chdir(tmp_path)
    assert run_slm(*entry[1:], *json.loads(said(runs, "CMD")[0])) == 2
    assert "/run/secrets/slm_keys: expected a file with API keys" in capfd.readouterr().err
