"""slm export, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slm.domain import load_domain

NOTICE = load_domain("medical").notice

pytestmark = pytest.mark.usefixtures("few_strings")


def test_export_prints_what_was_compared_and_what_to_type_next(slm, workshop) -> None:
    outcome = slm("export", "base", "--to", "onnx", "--bits", "32")
    assert outcome.code == 0
    for words in ("token ids of 300 strings", "all the same", "places", "checked here with onnxruntime", "npm"):
        assert words in outcome.out
    assert "written: exports/base-onnx-32bit" in outcome.out and NOTICE not in outcome.out
    assert Path("exports/base-onnx-32bit/onnx/model.onnx").is_file()


def test_a_tuned_model_comes_with_its_notice_and_json_for_scripts(slm, workshop) -> None:
    assert NOTICE in slm("export", "tuned", "--to", "hf", "--out", "there").out
    assert NOTICE in Path("there/README.md").read_text()
    made = json.loads(slm("export", "tuned", "--to", "hf", "--out", "there", "--json").out)
    assert made["folder"] == "there" and made["round_trip"]["bits"] == 32 and made["answers"]


def test_what_there_is_not_is_refused_before_any_work(slm, workshop) -> None:
    assert slm("export", "base", "--to", "docx").code == 2
    outcome = slm("export", "base", "--to", "web", "--bits", "3")
    assert outcome.code == 2 and "--bits of web expects 4, 8, 16; got 3" in outcome.err
    assert slm("export", "nobody", "--to", "hf").code != 0
    assert not Path("exports/base-web-3bit").exists()
