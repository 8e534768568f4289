"""The encoder at query time: what it makes of texts, what it refuses, what it does not import."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from damage import damaged

from slm.errors import DataError, ModelError
from slm.rag.encoder import TextEncoder
from slm.rag.encoder_folder import ENCODER, RECORD, RERANKER, TOKENIZER
from slm.rag.reranker import Reranker

TEXTS = ["bakosha looks red in the sun.", "", "ÄÖ 中文 \x00", "word " * 5000]


def test_vectors_have_length_one(encoder_folder: Path):
    encoder = TextEncoder.load(encoder_folder)
    for vectors in (encoder.encode(TEXTS), encoder.encode_questions(TEXTS)):
        assert vectors.shape == (4, encoder.dimension) and vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_a_text_has_the_same_vector_alone_and_among_others(encoder_folder: Path):
    encoder = TextEncoder.load(encoder_folder)
    together = encoder.encode(TEXTS * 600)  # more than go through at a time
    assert np.array_equal(together[-4:], together[:4])
    assert np.array_equal(encoder.encode(TEXTS[:1])[0], together[0])


def test_what_is_no_text_is_refused(encoder_folder: Path):
    with pytest.raises(DataError, match="lone surrogate"):
        TextEncoder.load(encoder_folder).encode(["a\ud800"])


def test_the_fingerprint_is_that_of_the_files(encoder_folder: Path, tmp_path: Path):
    copy = shutil.copytree(encoder_folder, tmp_path / "copy")
    assert TextEncoder.load(copy).fingerprint == TextEncoder.load(encoder_folder).fingerprint != ""
    record = json.loads((copy / RECORD).read_text())
    record["sha256"][ENCODER] = "0" * 64
    (copy / RECORD).write_text(json.dumps(record))
    with pytest.raises(ModelError, match="SHA-256 differs"):
        TextEncoder.load(copy)


@pytest.mark.parametrize("name", [ENCODER, TOKENIZER, RERANKER])
@pytest.mark.parametrize("seed", range(5))
def test_a_damaged_file_is_one_line(encoder_folder: Path, tmp_path: Path, name: str, seed: int):
    copy = shutil.copytree(encoder_folder, tmp_path / "copy")
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(damaged(content, seed, described=200))
    if (copy / name).read_bytes() != content:
        with pytest.raises(ModelError, match=f"{name}: its SHA-256 differs") as error:
            TextEncoder.load(copy)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(("change", "message"), [
    (lambda folder: (folder / ENCODER).unlink(), "missing; the folder is not whole"),
    (lambda folder: (folder / RECORD).unlink(), "expected an encoder's folder"),
    (lambda folder: (folder / RECORD).write_text("{}"), "not what slm writes"),
    (lambda folder: (folder / RECORD).write_text("[1"), "not readable as JSON"),
    (lambda folder: (folder / RECORD).write_text('{"format": 2}'), "update slm"),
    (lambda folder: (folder / RECORD).write_text('{"format": 1, "sha256": {}}'), "not what slm writes"),
])  # fmt: skip
def test_an_incomplete_folder_is_one_line(encoder_folder: Path, tmp_path: Path, change, message: str):
    copy = shutil.copytree(encoder_folder, tmp_path / "copy")
    change(copy)
    for load in (TextEncoder.load, Reranker.load):
        with pytest.raises(ModelError, match=message):
            load(copy)


def test_tensors_of_another_shape_are_refused(encoder_folder: Path, tmp_path: Path):
    from safetensors.numpy import load_file, save_file

    from slm.model_folder import sha256_of

    copy = shutil.copytree(encoder_folder, tmp_path / "copy")
    tensors = load_file(copy / ENCODER)
    for changed in (tensors | {"question_shift": tensors["question_shift"][:-1]},
                    tensors | {"passage_weights": np.full_like(tensors["passage_weights"], np.nan)},
                    {name: values for name, values in tensors.items() if name != "embedding"}):  # fmt: skip
        save_file(changed, copy / ENCODER)
        record = json.loads((copy / RECORD).read_text())
        record["sha256"][ENCODER] = sha256_of(copy / ENCODER)
        (copy / RECORD).write_text(json.dumps(record))
        with pytest.raises(ModelError, match="expected finite"):
            TextEncoder.load(copy)


def test_no_torch_at_query_time(encoder_folder: Path):
    code = (
        "import sys, numpy as np; from slm.rag.encoder import TextEncoder; from slm.rag.reranker import Reranker; "
        f"encoder, reranker = TextEncoder.load({str(encoder_folder)!r}), Reranker.load({str(encoder_folder)!r}); "
        "dense = encoder.encode(['one', 'two']) @ encoder.encode_questions(['one?'])[0]; "
        "reranker.scores('one?', ['one', 'two'], np.ones(2, np.float32), dense); print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr
