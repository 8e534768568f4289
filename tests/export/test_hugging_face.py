"""The folder for Hugging Face's programs: transformers reads the same model, and people find what they look for."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch

from slm.checkpoint import load_model
from slm.data.prompt_format import PromptFormat
from slm.domain import load_domain
from slm.export.hard_strings import hard_strings
from slm.export.hugging_face import TransformersFolder, write_hugging_face
from slm.export.model_card import model_card

NOTICE = load_domain("medical").notice

IDS = [3, 7, 1, 200, 13, 8, 44, 90]


def test_transformers_gives_the_same_ids_and_logits(loaded, tmp_path) -> None:
    write_hugging_face(loaded, tmp_path / "x", 32, "card")
    again = TransformersFolder(tmp_path / "x")
    with torch.no_grad():
        expected = loaded.model(torch.tensor([IDS]))[0].numpy()
    np.testing.assert_allclose(again.logits(IDS), expected, atol=1e-5)
    texts = hard_strings(300)
    assert again.encode(texts) == [ids.tolist() for ids in loaded.tokenizer.encode_batch(texts)]


def test_16_bits_halve_the_weights_and_are_read_by_slm_and_transformers(loaded, tmp_path) -> None:
    for bits in (32, 16):
        write_hugging_face(loaded, tmp_path / str(bits), bits, "card")
    whole, half = ((tmp_path / str(bits) / "model.safetensors").stat().st_size for bits in (32, 16))
    assert half < 0.6 * whole
    assert json.loads((tmp_path / "16" / "config.json").read_text())["dtype"] == "float16"
    ours = load_model(tmp_path / "16").model
    with torch.no_grad():
        expected = ours(torch.tensor([IDS]))[0].numpy()
    np.testing.assert_allclose(TransformersFolder(tmp_path / "16").logits(IDS), expected, atol=1e-5)


def test_a_tuned_model_has_its_template_its_notice_and_greedy_answers(loaded, tmp_path) -> None:
    tuned = dataclasses.replace(loaded, prompt_format=PromptFormat(), domain=load_domain("medical"))
    write_hugging_face(tuned, tmp_path / "x", 32, model_card(tuned, "tiny", "mit"))
    folder = tmp_path / "x"
    assert NOTICE in (folder / "README.md").read_text()
    assert json.loads((folder / "generation_config.json").read_text())["do_sample"] is False
    from transformers import AutoTokenizer

    asked = AutoTokenizer.from_pretrained(folder).apply_chat_template(
        [{"role": "user", "content": "Why?"}], tokenize=False
    )
    assert asked == PromptFormat().prompt("Why?")
    assert load_model(folder).prompt_format == PromptFormat()


def test_the_card_states_size_licence_and_weights_and_no_licence_where_none_is_stated(loaded) -> None:
    card = model_card(loaded, "tiny", "apache-2.0")
    assert card.startswith("---\nlicense: apache-2.0\n") and "# tiny" in card
    assert "2 layers of 32 channels" in card and loaded.sha256 in card
    assert "license:" not in model_card(loaded, "tiny", "") and NOTICE not in card


def test_a_folder_that_transformers_cannot_read_is_one_line(loaded, tmp_path) -> None:
    write_hugging_face(loaded, tmp_path / "x", 32, "card")
    (tmp_path / "x" / "config.json").write_text("{")
    with pytest.raises(Exception, match="transformers cannot load it") as caught:
        TransformersFolder(tmp_path / "x")
    assert "\n" not in str(caught.value)
