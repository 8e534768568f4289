"""Log-likelihoods are those of one plain pass; figures and baselines those worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from evaluation.choice_files import WORDS, item
from fake_engine import FakeEngine
from tiny import tiny_model, tiny_tokenizer

from slm.errors import ModelError
from slm.evaluation.choice_items import ChoiceItem
from slm.evaluation.choice_prompts import Prompted, prompted
from slm.evaluation.multiple_choice import ChoiceResult, choice_section, figures_of, score_choices
from slm.generation.torch_engine import TorchEngine
from slm.model.sampling import log_probabilities

CONTEXT = 64


def items() -> list[Prompted]:
    """Questions of many lengths, some cut, some with options of one token, some with many options."""
    made = [item(n) for n in range(8)]
    made += [item(n, context=" ".join(WORDS[:n] * 7)) for n in range(3, 6)]
    made += [item(1, options=("a", "!", "?")), item(2, options=("on the mat", "the")), item(3, options=tuple("abcdef"))]
    return [prompted(one, tiny_tokenizer(), CONTEXT) for one in made]


def plain(model: torch.nn.Module, one: Prompted) -> list[float]:
    """The sum over an option's tokens from one pass of it alone, in float64."""
    sums = []
    for ids in one.ids:
        with torch.no_grad():
            logits = model(torch.tensor([ids[:-1]]))[0].double()
        chosen = torch.log_softmax(logits, -1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])]
        sums.append(float(chosen[one.start - 1 :].sum()))
    return sums


@pytest.mark.parametrize("architecture", ["gpt2", "qwen3"])
@pytest.mark.parametrize("room", [1, 500, 100_000])
def test_log_likelihoods_are_those_of_a_plain_pass(architecture: str, room: int) -> None:
    model, seen = tiny_model(block_size=CONTEXT, architecture=architecture), []
    results = score_choices(model, items(), lambda done, total: seen.append((done, total)), room)
    for one, result in zip(items(), results, strict=True):
        assert result.item is one.item or result.item == one.item
        assert result.log_likelihoods == pytest.approx(plain(model, one), abs=2e-4)
    assert seen[-1] == (len(results), len(results)) and [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert sum(result.cut for result in results) == 3


@pytest.mark.parametrize("slots", [2, 5, 16])
def test_an_engine_gives_the_same(slots: int) -> None:
    model = tiny_model(block_size=CONTEXT)
    engine = TorchEngine(model, slots)
    for one, result in zip(items(), score_choices(engine, items()), strict=True):
        assert result.log_likelihoods == pytest.approx(plain(model, one), abs=2e-4)


def test_an_engine_computes_what_is_shared_once_and_gives_all_back() -> None:
    engine = FakeEngine(slots=8, context=200)
    made = items()
    results = score_choices(engine, made)
    assert not engine.held
    apart = sum(len(ids) - 1 - one.shared for one in made for ids in one.ids)
    assert sum(engine.computed) == sum(one.shared for one in made) + apart
    for one, result in zip(made, results, strict=True):
        for ids, value in zip(one.ids, result.log_likelihoods, strict=True):
            rows = log_probabilities(engine.logits(ids[:-1]))
            assert value == pytest.approx(sum(rows[n - 1, ids[n]] for n in range(one.start, len(ids))), abs=1e-4)


def test_options_that_share_less_than_the_prompt_are_scored_from_its_end() -> None:
    """Where the first letters of an option change the prompt's last token, what is shared ends before the prompt."""
    model = tiny_model(block_size=CONTEXT)
    ids = ((5, 6, 7, 8, 9), (5, 6, 10, 11), (5, 6, 7, 12))
    one = Prompted(item(), "", " ", ids, start=3, shared=2)
    for scorer in (model, TorchEngine(model)):
        (result,) = score_choices(scorer, [one])
        assert result.log_likelihoods == pytest.approx(plain(model, one), abs=2e-4)


def test_weights_that_are_no_numbers_are_refused() -> None:
    model = tiny_model(block_size=CONTEXT)
    with torch.no_grad():
        model.transformer.wte.weight[7] = float("nan")
    with pytest.raises(ModelError, match="finite log-likelihoods"):
        score_choices(model, items())


def result(gold: int, likely: int, options: tuple[str, ...] = ("aa", "b", "cc", "d"), name: str = "x") -> ChoiceResult:
    values = tuple(-1.0 if n == likely else -5.0 for n in range(len(options)))
    return ChoiceResult(ChoiceItem(name, "", "q", "", tuple("ABCD"[: len(options)]), options, gold), values, False)


def test_figures_by_hand() -> None:
    results = [result(0, 0), result(1, 1), result(1, 2), result(3, 0)]
    (figures,) = figures_of(results)
    assert figures["items"] == 4 and figures["accuracy"]["share"] == 0.5
    assert figures["accuracy"]["interval"] == pytest.approx((0.15, 0.85), abs=0.001)  # Wilson of 2 in 4
    assert figures["first_option"] == 0.25 and figures["chance"] == 0.25
    assert figures["majority"] == {"share": 0.5, "letter": "B"}


def test_all_together_stand_below_several_data_sets() -> None:
    results = [result(0, 0), result(0, 1, ("yes", "no"), "y"), result(1, 1, ("yes", "no"), "y")]
    assert [(row["dataset"], row["items"], row["accuracy"]["share"]) for row in figures_of(results)] == [
        ("x", 1, 1.0), ("y", 2, 0.5), ("all", 3, pytest.approx(2 / 3)),
    ]  # fmt: skip
    assert figures_of(results)[2]["chance"] == pytest.approx((0.25 + 0.5 + 0.5) / 3)


def test_length_is_counted_in_bytes_and_in_characters() -> None:
    made = ChoiceResult(ChoiceItem("x", "", "q", "", ("A", "B"), ("éé", "abc"), 0), (-3.9, -6.0), False)
    assert (made.chosen, made.chosen_per_character, made.chosen_per_byte) == (0, 0, 0)  # -0.98 a byte, -1.95 a letter
    made = ChoiceResult(made.item, (-4.4, -6.0), False)
    assert (made.chosen, made.chosen_per_character, made.chosen_per_byte) == (0, 1, 0)  # -1.1, -2.2 against -2.0
    assert np.isclose(made.as_dict()["log_likelihoods"], (-4.4, -6.0)).all()


def test_the_section_says_what_was_cut_and_left_out() -> None:
    cut = ChoiceResult(result(0, 0).item, (-1.0, -2.0, -3.0, -4.0), True)
    section = choice_section([cut, result(1, 1)], 3, "torch", "Choice")
    assert "1 of 2 questions are longer" in section.notes[2] and section.notes[3].startswith("3 more have an option")
    assert section.tables[0].rows[0][:3] == ("x", "2", "100.0 (34.2–100.0)")
    assert len(choice_section([result(0, 0)], 0, "torch", "Choice").notes) == 2
