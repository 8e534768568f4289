"""Domains: what a file says, what stands before an answer, and that runs and models carry a copy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import tiny_model, tiny_tokenizer

from slm.checkpoint import load_model, save_model
from slm.data.prompt_format import Headings, PromptFormat
from slm.domain import domain_names, heading, load_domain, read_domain, run_domain
from slm.errors import ConfigError, ModelError
from slm.model_folder import open_model_folder

OWN = """
name = "contracts"
notice = "Ask a lawyer."
languages = ["en", "de"]
[prompt]
question = "Q: "
reasoning = "Because: "
response = "A: "
[emergency]
advice = "Call the guard."
other_languages = "Only English and German."
signs = [{kind = "fire", title = "fire", advice = "Leave.", sources = [], patterns = ["fire"]}]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(OWN)
    return tmp_path / "own.toml"


def test_two_domains_come_with_slm():
    assert set(domain_names()) == {"general", "medical"}
    general, medical = load_domain("general"), load_domain("medical")
    assert general.emergency("i took a whole bottle of pills") is None and general.remark("ich kann nicht") == ""
    assert medical.emergency("i took a whole bottle of pills").kind == "poisoning"
    assert general.prompt_format() == medical.prompt_format() == PromptFormat()
    assert "doctor" in medical.notice and "doctor" not in general.notice


def test_a_domain_of_ones_own(own: Path):
    domain = load_domain(str(own))
    assert (domain.name, domain.notice, domain.languages) == ("contracts", "Ask a lawyer.", ("en", "de"))
    made = domain.prompt_format(reasoning=True)
    assert made.prompt("Why?") == "Q: Why?\nBecause: " and made.shown("So.\nA: Yes.") == "Yes."
    assert made.question(made.prompt("Why?")) == "Why?"
    assert domain.emergency("a fire!").advice == "Call the guard. Leave."
    assert domain.remark("quels sont les mots")
    assert not domain.remark("was ist das und wie") and not domain.remark("why?")


@pytest.mark.parametrize(("change", "fault"), [
    (("notice =", "notise ="), "unknown key 'notise'; did you mean 'notice'"),
    (('"Ask a lawyer."', '""'), "notice expects one line of text"),
    (('"Ask a lawyer."', '"a\\nb"'), "notice expects one line of text"),
    (('"contracts"', '"con tracts"'), "name expects letters"),
    (('languages = ["en", "de"]', "languages = []"), "languages expects at least one code"),
    (('languages = ["en", "de"]', 'notice_on = "stories"'), "notice_on expects answers or everything"),
    (('"A: "', '""'), "prompt: response expects a heading"), (('"A: "', '"Q: "'), "three different headings"),
    (('["fire"]', '["{fire}"]'), "no words are called {fire}"), (("[prompt]", "[prompt"), "not readable as TOML"),
    (('advice = "Call the guard."', ""), "missing key 'emergency.advice'"),
])  # fmt: skip
def test_a_file_that_is_wrong_is_refused_in_one_line(own: Path, change: tuple[str, str], fault: str):
    own.write_text(OWN.replace(*change))
    with pytest.raises(ConfigError) as error:
        read_domain(own)
    assert fault in str(error.value) and str(own) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(("name", "fault"), [
    ("medicl", "no domain 'medicl'; did you mean 'medical'"),
    ("nowhere.toml", "expected a domain's file, found nothing"),
])  # fmt: skip
def test_a_domain_that_there_is_not(name: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=fault):
        load_domain(name)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "folder.toml").mkdir()
    for wrong in ("binary.toml", "folder.toml"):
        with pytest.raises(ConfigError, match=wrong):
            load_domain(wrong)


def test_what_stands_before_an_answer_comes_in_this_order():
    medical, general = load_domain("medical"), load_domain("general")
    both = heading(medical, "meine mutter hat das und ich want to die")
    assert both.lines() == [both.emergency.advice, both.remark, medical.notice]
    assert list(both.fields()) == ["emergency", "remark", "notice"]
    assert heading(medical, "What is a cold?").lines() == [medical.notice]
    assert heading(medical, "Once upon a time", answers=False).lines() == [medical.notice]
    assert heading(general, "Once upon a time", answers=False).fields() == {}
    assert json.dumps(both.fields())


def saved(folder: Path, prompt_format: PromptFormat | None = None, **values: object) -> Path:
    save_model(folder, tiny_model(), tiny_tokenizer(), prompt_format, **values)
    return folder


def test_a_model_folder_carries_a_copy_and_its_hash(own: Path, tmp_path: Path):
    domain = load_domain(str(own))
    folder = saved(tmp_path / "model", domain.prompt_format(), domain=domain)
    own.unlink()
    loaded, opened = load_model(folder), open_model_folder(folder)
    assert loaded.domain == opened.domain == domain and loaded.notice == "Ask a lawyer."
    assert opened.prompt_format.headings == Headings("Q: ", "Because: ", "A: ")
    assert opened.record["domain"] == "contracts" and "domain.toml" in opened.record["sha256"]
    saved(tmp_path / "again", loaded.prompt_format, domain=loaded.domain)
    assert (tmp_path / "again" / "domain.toml").read_bytes() == OWN.encode()


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text(OWN + "# more")])
def test_a_domain_that_was_changed_is_noticed(damage, tmp_path: Path):
    folder = saved(tmp_path / "model", domain=load_domain("medical"))
    damage(folder / "domain.toml")
    with pytest.raises(ModelError, match=r"domain\.toml"):
        open_model_folder(folder)


def test_models_from_before_domains_still_load(tmp_path: Path):
    stories, answers = saved(tmp_path / "stories"), saved(tmp_path / "answers", PromptFormat(reasoning=True))
    assert open_model_folder(stories).domain.name == "general"
    assert open_model_folder(answers).domain.name == "medical"
    assert json.loads((answers / "slm.json").read_text())["prompt_format"] == {"reasoning": "section"}


def test_runs_from_before_domains_have_the_medical_notice(tmp_path: Path):
    assert run_domain(tmp_path).name == "medical"
    (tmp_path / "domain.toml").write_text(OWN)
    assert run_domain(tmp_path).name == "contracts"
