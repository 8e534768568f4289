"""An export is kept whole and proven, or not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from tiny import split_of, tiny_model

from slm.errors import ConfigError, MissingExtra, ModelError
from slm.export import exporting
from slm.export.exporting import FORMATS, checked_bits, export, verify

pytestmark = pytest.mark.usefixtures("few_strings")
SPLIT = split_of([[n % 250 + 3, *range(20, 20 + n % 30), 269] for n in range(150)])


def exported(loaded, folder: Path, to: str = "onnx", bits: int = 32):
    return export(loaded, to, bits, folder, "tiny", "", SPLIT, 10, responses=False)


@pytest.mark.parametrize(("to", "bits"), [("hf", 32), ("hf", 16), ("onnx", 32), ("onnx", 16)])
def test_an_export_carries_its_figures_and_the_hashes_of_its_files(loaded, tmp_path, to, bits) -> None:
    made = exported(loaded, tmp_path / "x", to, bits)
    report = json.loads((tmp_path / "x" / "export_report.json").read_text())
    assert report["round_trip"]["positions"] == 1000 and report["round_trip"]["strings_with_other_ids"] == 0
    assert report["weights_sha256"] == loaded.sha256 and made.round_trip.faults() == []
    files = {p.relative_to(tmp_path / "x").as_posix() for p in (tmp_path / "x").rglob("*") if p.is_file()}
    assert set(report["sha256"]) == files - {"export_report.json"}
    assert verify(tmp_path / "x") == report and str(tmp_path) in made.command


def test_a_refused_export_leaves_nothing_and_the_old_one_as_it_was(loaded, tmp_path, monkeypatch) -> None:
    exported(loaded, tmp_path / "x")
    before = verify(tmp_path / "x")
    wrong = dataclasses.replace(loaded, model=tiny_model(seed=5, n_embd=32))
    target = FORMATS["onnx"]
    spoilt = dataclasses.replace(target, write=lambda _, *rest: target.write(wrong, *rest))
    monkeypatch.setitem(exporting.FORMATS, "onnx", spoilt)
    for folder in (tmp_path / "x", tmp_path / "y"):
        with pytest.raises(ModelError, match="not exported, since onnxruntime"):
            exported(loaded, folder)
    assert verify(tmp_path / "x") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "x"]


def test_where_the_engine_is_missing_it_says_which_check_was_not_made(loaded, tmp_path, monkeypatch) -> None:
    def missing(folder, bits):
        raise MissingExtra("checking needs the package 'x': pip install 'slm-toolkit[export]'")

    monkeypatch.setitem(exporting.FORMATS, "onnx", dataclasses.replace(FORMATS["onnx"], reload=missing))
    made = exported(loaded, tmp_path / "x")
    assert made.round_trip is None and "pip install 'slm-toolkit[export]'" in made.unchecked
    assert verify(tmp_path / "x")["unchecked"] == made.unchecked


def test_a_changed_file_is_found(loaded, tmp_path) -> None:
    exported(loaded, tmp_path / "x")
    path = tmp_path / "x" / "onnx" / "model.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx: missing or not what was exported"):
        verify(tmp_path / "x")
    (tmp_path / "x" / "export_report.json").write_text("[]")
    with pytest.raises(ModelError, match="not what slm export writes"):
        verify(tmp_path / "x")


def test_formats_and_bits() -> None:
    assert [checked_bits(to, 0) for to in FORMATS] == [32, 16, 8, 8]
    with pytest.raises(ConfigError, match="--bits of hf expects 16, 32; got 4"):
        checked_bits("hf", 4)
    with pytest.raises(ConfigError, match="--to expects hf, gguf, onnx, web"):
        checked_bits("gml", 0)
