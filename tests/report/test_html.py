"""The page is one whole file, shows every figure, and takes no text for markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from run_folders import WriteRun, event, run_record, step

from slm.errors import DataError
from slm.report.charts import MAX_POINTS
from slm.report.html import write_report

HOSTILE = "</div><script>alert(\"x\")</script><img src=x onerror='y'> & \ud800 \x00 \u202e"
NOTICE = "A research model: it knows little and is often wrong. It is no substitute for a doctor."
VOID = {"meta", "br", "link", "input", "hr", "img"}


class Page(HTMLParser):
    """Elements with their attributes, and the text outside of script and style, white space as single spaces."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.raw: dict[str, str] = {}
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.raw[self.open[-1]] = data
        else:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        return [found for name, found in self.elements if name == tag and wanted.items() <= found.items()]


@pytest.fixture
def page(medical: Path) -> Page:
    return Page(write_report(medical))


def test_the_page_lies_in_the_run_folder(stories: Path) -> None:
    (stories / "report.html").write_text("old")
    assert write_report(stories) == stories / "report.html"
    assert (stories / "report.html").read_text().startswith("<!doctype html>\n<html")
    assert not list(stories.glob(".*tmp"))


def test_nothing_is_fetched_from_anywhere(page: Page) -> None:
    assert not re.search(r"https?:|//[a-z0-9-]+\.|url\(|@import", page.source)
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert {"src", "href", "action", "srcset", "style"}.isdisjoint(attributes)


def test_the_policy_allows_our_own_style_and_script_alone(page: Page) -> None:
    (policy,) = [found for found in page.all("meta") if found.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy["content"].split(";"))
    hashes = {
        name: f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for name, text in page.raw.items()
    }
    assert rules == {
        "default-src": "'none'",
        "style-src": hashes["style"],
        "script-src": hashes["script"],
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_hostile_text_stays_text_everywhere(write_run: WriteRun) -> None:
    item = {"prompt": HOSTILE, "text": HOSTILE, "stop": HOSTILE}
    side = {"text": HOSTILE, "stop": HOSTILE}
    record = run_record("bad", "finetuning", message=HOSTILE, state="failed", command=HOSTILE)
    record["parent"] = {"run": HOSTILE, "model": HOSTILE, "sha256": HOSTILE}
    record["recipe"] |= {"name": HOSTILE, "description": HOSTILE, HOSTILE: {HOSTILE: HOSTILE}}
    record["data"] |= {"sources": [{"source": HOSTILE}], "sha256": {HOSTILE: HOSTILE}, "tokenizer": {"name": HOSTILE}}
    for name in ("machine", "versions", "frozen", "timing"):
        record[name] = {HOSTILE: HOSTILE, "processor": HOSTILE, "precision": HOSTILE}
    scored = {
        "title": HOSTILE,
        "moment": "after",
        "data": HOSTILE,
        "split": HOSTILE,
        "scored": HOSTILE,
        "bits_per_byte": 1.0,
    }
    files = {
        "samples/step-000001.json": {"step": 1, "items": [item]},
        "answers.json": {"items": [{"question": HOSTILE, "reference": HOSTILE, "before": side, "after": side}]},
        "evaluation.json": {"results": [scored], "memorisation": None},
    }
    page = Page(write_report(write_run(record, [step(1), event(1, HOSTILE, HOSTILE)], **files)))
    assert len(page.all("script")) == 1 and page.all("img") == []
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    shown = "</div><script>alert(\"x\")</script><img src=x onerror='y'> & \ufffd \ufffd \u202e"
    assert page.text.count(shown) >= 20
    assert "\x00" not in page.source


def test_model_text_cannot_turn_the_text_around_it(page: Page) -> None:
    assert all(found.get("dir") == "auto" for found in page.all("div", class_="written"))
    assert "unicode-bidi: isolate" in page.raw["style"]


def test_every_figure_of_the_evaluation_is_shown(medical: Path, page: Page) -> None:
    for folder in (medical, medical.parent / "stories"):
        evaluation = json.loads((folder / "evaluation.json").read_text())
        for result in evaluation["results"]:
            for name in ("bits_per_byte", "loss"):
                assert f"{result[name]:.4f}" in page.text
            assert f"{result['perplexity']:.2f}" in page.text
            assert "{:.4f}–{:.4f}".format(*result["interval"]) in page.text
            assert result["title"] in page.text and result["scored"] in page.text
    for figure in ("40 of 41", "16,739", "67,650", "3.2 s"):
        assert figure in page.text
    assert "2.5 %" in page.text and "25 of 1,000" in page.text


def test_what_was_trained_on_what(page: Page) -> None:
    text = page.text
    assert "A GPT-2 language model with 30.0 million parameters, trained from random weights on 20.0 kB of" in text
    assert "then fine-tuned on 20.0 kB of samples:medical for 18 min 20 s" in text
    assert "36 min 40 s" in text  # both stages
    assert "Speed 640, 640" in text
    assert "GPT-2: 6 layers, 384 wide, 6 heads, context 32" in text
    assert "gpt2, 50,257 tokens" in text and "seed 1337" in text and "bfloat16, on cpu, 2 threads" in text
    assert "held-out.txt" not in text
    assert "3.871 → 1.234" in text and "2.753 → 1.414" in text
    assert page.all("span", class_="badge synthetic")


def test_stories_of_every_point_with_the_prompt_marked(page: Page) -> None:
    assert page.all("b", class_="prompt")
    for words in ("qx zv", "a cat sat.", "Before training", "Step 20", "validation loss 2.25"):
        assert words in page.text
    assert "stopped at the length limit" in page.text and "ended by itself" in page.text


def test_answers_stand_under_the_notice(page: Page) -> None:
    answers = page.text.index("Questions and answers")
    words = [NOTICE, "What is a cold?", "Before it.", "After it.", "An infection."]
    places = [page.text.index(word, answers) for word in words]
    assert places == sorted(places)
    assert page.text.index(NOTICE) < page.text.index("A virus.")  # answers on the way have it too


def test_what_was_forgotten(page: Page) -> None:
    text = page.text
    forgotten = text[text.index("What was forgotten") : text.index("Learned by heart")]
    assert "1.234 → 1.568 bits per byte (+0.333, +27.0 %)" in forgotten
    assert forgotten.index("a cat sat.") < forgotten.index("a patient.")  # its parent's last story, then its own


def test_a_tolerance_is_compared_with_what_was_forgotten(medical: Path) -> None:
    evaluation = json.loads((medical / "evaluation.json").read_text())
    for tolerance, said in ((0.05, "more than the 5.0 % allowed"), (0.5, "within the 50.0 % allowed")):
        forgetting = {"before": 1.2345, "after": 1.5678, "rise": 0.27, "tolerance": tolerance}
        (medical / "evaluation.json").write_text(json.dumps(evaluation | {"forgetting": forgetting}))
        assert f"(+0.333, +27.0 %), {said}" in Page(write_report(medical)).text


def test_how_answers_end(page: Page, medical: Path) -> None:
    assert "How answers end" not in page.text
    evaluation = json.loads((medical / "evaluation.json").read_text())
    endings = {"answers": 24, "ended": 0.875, "repeating": 0.25, "references_repeating": 0.0, "max_new_tokens": 300}
    (medical / "evaluation.json").write_text(json.dumps(evaluation | {"endings": endings | {"engine": HOSTILE}}))
    text = Page(write_report(medical)).text
    assert "88 % of 24 answers to validation questions ended by themselves within 300 tokens; 25 % repeat" in text


def test_what_was_tried_first(page: Page, medical: Path) -> None:
    assert "What was tried first" not in page.text
    record = json.loads((medical / "run.json").read_text())
    trial = {"learning_rate": 3e-4, "steps": 20, "epochs": 1.25, "replay_share": 0.1, "validation_loss": 2.5,
             "base_rise": 0.031, "seconds": 9.0}  # fmt: skip
    record["searched"] = [trial, trial | {"validation_loss": None, "base_rise": None}, "damaged"]
    (medical / "run.json").write_text(json.dumps(record))
    text = Page(write_report(medical)).text
    assert "0.0003 20 1.2 10 % 2.5000 +3.1 % 9.0 s" in text and "diverged" in text


def test_how_to_do_it_again(page: Page, medical: Path) -> None:
    assert "slm run stories" in page.text and "slm run medical" in page.text
    weights = hashlib.sha256(b"weights of the stories run").hexdigest()
    assert weights in page.text and "ab" * 32 in page.text
    assert "learning_rate = 0.001" in page.text
    assert "torch 2.13.0" in page.text and "22\xa0November 2026" in page.source


def test_a_pretraining_has_no_answers(stories: Path) -> None:
    page = Page(write_report(stories))
    assert "Questions and answers" not in page.text and "What was forgotten" not in page.text
    assert NOTICE not in page.text and not page.all("span", class_="badge synthetic")


@pytest.mark.parametrize("stage", ["pretraining", "finetuning"])
@pytest.mark.parametrize("state", ["running", "stopped", "failed", "interrupted"])
def test_an_unfinished_run(write_run: WriteRun, stage: str, state: str) -> None:
    record = run_record("new", stage, state=state, finished=None, timing={}, message="because of it")
    lines = [json.dumps(step(n)) for n in range(1, 8)]
    page = Page(write_report(write_run(record, "\n".join(lines) + '\n{"kind":"st')))
    assert f"{state.capitalize()}" in page.text or state == "running"
    assert "at step 7 of 20" in page.text and "because of it" in page.text
    assert "cut short" in page.text and "No evaluation has been made yet." in page.text


def test_a_record_with_nothing_in_it(write_run: WriteRun) -> None:
    page = Page(write_report(write_run({"format": 1, "name": "new"})))
    assert "No step has been recorded yet." in page.text


def test_a_run_without_its_parent(medical: Path) -> None:
    (medical.parent / "stories" / "run.json").unlink()
    page = Page(write_report(medical))
    assert "'stories'" in page.text and "not in the runs folder" in page.text
    assert "fine-tuned from stories on" in page.text


def test_headings_are_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_and_drawings_have_names(page: Page) -> None:
    assert all(found.get("scope") in ("row", "col") for found in page.all("th"))
    drawings = [found for found in page.all("svg") if found.get("role") == "img"]
    assert len(drawings) >= 6 and all(found["aria-label"] for found in drawings)
    identifiers = [found["id"] for _, found in page.elements if "id" in found]
    assert len(identifiers) == len(set(identifiers))


def test_the_curves_have_a_point_for_each_step(page: Page) -> None:
    (train, *_), (validation, *_) = page.all("path", class_="train"), page.all("path", class_="validation")
    assert train["data-points"] == "20" and train["d"].count("L") == 19
    assert validation["data-points"] == "2"
    marks = [found["cx"] for found in page.all("circle", class_="validation")]
    assert marks == ["50.00%", "100.00%", "100.00%"]  # two of the pretraining, one of the fine-tuning
    curve = json.loads(page.all("div", class_="plot")[0]["data-curve"])
    assert [point[0] for point in curve["points"]] == list(range(1, 21))
    assert curve["evaluations"] == [[10, 2.0, 2.5], [20, 2.0, 2.25]]


def test_what_is_usual_stands_behind_the_curve_of_a_run_that_knows_its_text(write_run: WriteRun, page: Page) -> None:
    assert not page.all("path", class_="usual") and not page.all("path", class_="band")
    lines = [step(n, 3.0) for n in range(1, 51)]
    known = Page(write_report(write_run(run_record("known", "pretraining", text_entropy=6.0), lines)))
    (usual,), (band,) = known.all("path", class_="usual"), known.all("path", class_="band")
    assert usual["data-points"] == "50" and band["data-points"] == "100"  # there along the highest, back the lowest
    assert "usual, before the decay" in known.text
    heights = [float(place) for place in re.findall(r" (-?[\d.]+)", usual["d"])]
    assert heights == sorted(heights) and all(0 <= height <= 1000 for height in heights)


def test_long_curves_are_thinned(write_run: WriteRun) -> None:
    folder = write_run(run_record("long", "pretraining"), [step(n) for n in range(1, 20_001)])
    page = Page(write_report(folder))
    for kind in ("raw", "train", "rate"):
        assert 100 < int(page.all("path", class_=kind)[0]["data-points"]) <= MAX_POINTS
    assert len(page.source) < 120_000


def test_points_lie_inside_the_drawing(page: Page) -> None:
    for path in page.all("path"):
        places = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d") or "")]
        assert all(0 <= place <= 1000 for place in places)


def test_no_run_no_page(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written(stories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(stories)
    before = (stories / "report.html").read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("slm.atomic_write.os.fsync", full)
    with pytest.raises(DataError, match=r"report\.html .*No space left"):
        write_report(stories)
    assert (stories / "report.html").read_text() == before
