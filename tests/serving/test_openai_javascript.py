"""Ordinary use of OpenAI's own JavaScript client, pinned in javascript/package-lock.json and fetched by npm."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from serving.conftest import Running, opened, running

from slm.serving.api_keys import ApiKeys
from slm.serving.figures import Figures
from slm.serving.security import Rules

HERE = Path(__file__).parent / "javascript"
KEY = "a-key-for-javascript"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The suite beside the client's package."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is missing")
    folder = shutil.copytree(HERE, tmp_path / "javascript")
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        pytest.skip("the package openai could not be fetched by npm within 5 minutes")
    if done.returncode:
        pytest.skip(f"the package openai could not be fetched by npm: {done.stderr.strip().splitlines()[:1]}")
    return folder


@pytest.mark.slow
def test_ordinary_use(server: Running, folders, installed: Path):
    figures, rules = Figures(), Rules(ApiKeys({"ada": KEY}))
    with running(opened({"stories": folders["stories"]}, figures), figures, rules=rules) as closed:
        environment = os.environ | {"URL": server.url, "CLOSED_URL": closed.url, "KEY": KEY}
        command = ["node", "--test", "--test-reporter=tap", "ordinary_use.test.mjs"]
        done = subprocess.run(
            command, cwd=installed, env=environment, capture_output=True, text=True, timeout=300
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    passed, tests = (int(re.search(rf"^# {word} (\d+)$", done.stdout, re.M)[1]) for word in ("pass", "tests"))
    assert passed == tests == (HERE / "ordinary_use.test.mjs").read_text(encoding="utf-8").count("\ntest(")
