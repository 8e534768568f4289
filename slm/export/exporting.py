"""`slm export`: a model in a format of others, written, loaded again, compared, and kept only if it is the same model.

A folder holds the files of its format and export_report.json: what was compared with what result, and the SHA-256 of
every file.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm import __version__
from slm.atomic_write import existing_folder, new_folder
from slm.checkpoint import LoadedModel
from slm.data.token_store import Split
from slm.errors import ConfigError, MissingExtra, ModelError
from slm.export.model_card import model_card
from slm.export.round_trip import Reloaded, RoundTrip, compare
from slm.model_folder import read_json, sha256_of

REPORT = "export_report.json"

QUESTION = "{'role': 'user', 'content': 'How can I prevent the flu?'}"  # Python's and JavaScript's alike

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Format:
    """One target of `slm export`. `bits` are those it can have, the default first."""

    bits: tuple[int, ...]
    write: Callable[[LoadedModel, Path, int, str, str], None]
    reload: Callable[[Path, int], Reloaded]
    command: Callable[[Path, int, bool], str]
    """What to type next, for a folder, its bits, and whether the model answers questions."""


@dataclass(frozen=True)
class Export:
    """A finished export; `round_trip` is None where the engine to check it in is not installed, as `unchecked` says."""

    folder: Path
    format: str
    bits: int
    bytes: int
    round_trip: RoundTrip | None
    unchecked: str
    command: str
    answers: bool
    notice: str


def export(
    loaded: LoadedModel, to: str, bits: int, folder: Path, name: str, licence: str, split: Split, documents: int,
    responses: bool, progress: Progress = lambda what, done, total: None,
) -> Export:  # fmt: skip
    """Write `loaded` to `folder`, whole and found equal, or not at all.

    Raises ConfigError for a format or bits that there are not, ModelError where what was written is not the model.
    """
    bits = checked_bits(to, bits)
    target = FORMATS[to]
    progress(f"writing {to}", 0, 1)
    with new_folder(folder) as temporary:
        target.write(loaded, temporary, bits, name, licence)
        files = {path.relative_to(temporary).as_posix(): path for path in temporary.rglob("*") if path.is_file()}
        found, unchecked = _checked(loaded, target, temporary, bits, split, documents, responses, progress)
        if found is not None and (faults := found.faults()):
            raise ModelError(
                f"{folder}: not exported, since {found.engine} does not compute the model that it was made from "
                f"({'; '.join(faults)}); please report it, or take more --bits"
            )
        size = sum(path.stat().st_size for path in files.values())
        report = {
            "slm": __version__, "format": to, "bits": bits, "weights_sha256": loaded.sha256,
            "round_trip": None if found is None else dataclasses.asdict(found) | {"cost": found.cost},
            "unchecked": unchecked, "bytes": size, "sha256": {n: sha256_of(p) for n, p in sorted(files.items())},
        }  # fmt: skip
        (temporary / REPORT).write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    answers = loaded.prompt_format is not None
    command = target.command(folder, bits, answers)
    return Export(folder, to, bits, size, found, unchecked, command, answers, loaded.notice)


def verify(folder: Path) -> dict[str, Any]:
    """The report of an export, after comparing its files with their hashes. Raises ModelError where one differs."""
    folder = existing_folder(folder)
    report = read_json(folder / REPORT)
    try:
        for name, expected in report["sha256"].items():
            if not (folder / name).is_file() or sha256_of(folder / name) != expected:
                raise ModelError(f"{folder / name}: missing or not what was exported; export the model again")
    except (KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{folder / REPORT}: not what slm export writes ({error!r}); export the model again") from None
    return report


def _checked(
    loaded: LoadedModel, target: Format, folder: Path, bits: int, split: Split, documents: int, responses: bool,
    progress: Progress,
) -> tuple[RoundTrip | None, str]:  # fmt: skip
    progress("loading it again", 0, 1)
    try:
        with target.reload(folder, bits) as engine:
            return compare(loaded, engine, bits, split, documents, responses, progress), ""
    except MissingExtra as error:
        return None, str(error)


def checked_bits(to: str, bits: int) -> int:
    """`bits`, or for 0 those that the format `to` has by default. Raises ConfigError for a format or bits that there
    are not."""
    if to not in FORMATS:
        raise ConfigError(f"--to expects {', '.join(FORMATS)}, got {to!r}")
    known = FORMATS[to].bits
    if bits not in (0, *known):
        raise ConfigError(f"--bits of {to} expects {', '.join(map(str, sorted(known)))}; got {bits}")
    return bits or known[0]


def gguf_file(folder: Path) -> Path:
    """The model in a folder of `slm export --to gguf`. Raises ModelError where there is none."""
    found = sorted(folder.glob("*.gguf"))
    if len(found) != 1:
        raise ModelError(f"{folder}: expected one .gguf file, found {len(found)}; export the model again")
    return found[0]


def _write_hf(loaded: LoadedModel, folder: Path, bits: int, name: str, licence: str) -> None:
    from slm.export.hugging_face import write_hugging_face

    write_hugging_face(loaded, folder, bits, model_card(loaded, name, licence))


def _write_gguf(loaded: LoadedModel, folder: Path, bits: int, name: str, licence: str) -> None:
    from slm.export.gguf import TENSOR_TYPES, write_gguf

    write_gguf(loaded, folder / f"{name}-{TENSOR_TYPES[bits]}.gguf", bits)


def _write_onnx(loaded: LoadedModel, folder: Path, bits: int, name: str, licence: str) -> None:
    from slm.export.onnx_folder import write_onnx

    write_onnx(loaded, folder, bits)


def _write_web(loaded: LoadedModel, folder: Path, bits: int, name: str, licence: str) -> None:
    from slm.export.web import write_web

    write_web(loaded, folder, bits)


def _reload_hf(folder: Path, bits: int) -> Reloaded:
    from slm.export.hugging_face import TransformersFolder

    return TransformersFolder(folder)


def _reload_gguf(folder: Path, bits: int) -> Reloaded:
    from slm.export.llama_cpp import LlamaCpp

    return LlamaCpp(gguf_file(folder))


def _reload_onnx(folder: Path, bits: int) -> Reloaded:
    from slm.export.onnx_folder import OnnxFolder

    return OnnxFolder(folder, bits)


def _reload_web(folder: Path, bits: int) -> Reloaded:
    from slm.export.browser import Browser

    return Browser(folder)


def _command_hf(folder: Path, bits: int, answers: bool) -> str:
    given, shown = (f"[{QUESTION}]", "[-1]['content']") if answers else ("'Once upon a time'", "")
    return (
        'python -c "from transformers import pipeline; '
        f"print(pipeline('text-generation', '{folder}')({given})[0]['generated_text']{shown})\""
    )


def _command_gguf(folder: Path, bits: int, answers: bool) -> str:
    return f"llama-cli -m {gguf_file(folder)}" + ("" if answers else " -no-cnv -n 200 -p 'Once upon a time'")


def _command_onnx(folder: Path, bits: int, answers: bool) -> str:
    given, shown = (f"[{QUESTION}]", ".at(-1).content") if answers else ("'Once upon a time'", "")
    kind = {32: "fp32", 16: "fp16", 8: "q8", 4: "q4"}[bits]
    return (
        f"npm install @huggingface/transformers && node -e \"import('@huggingface/transformers').then(async t => "
        f"{{ t.env.localModelPath = '{folder.resolve().parent}'; t.env.allowRemoteModels = false; "
        f"const write = await t.pipeline('text-generation', '{folder.name}', {{ dtype: '{kind}' }}); "
        f'console.log((await write({given}))[0].generated_text{shown}) }})"'
    )


def _command_web(folder: Path, bits: int, answers: bool) -> str:
    return f"python -m http.server --bind 127.0.0.1 --directory {folder} 8000  # then open http://127.0.0.1:8000"


FORMATS = {
    "hf": Format((32, 16), _write_hf, _reload_hf, _command_hf),
    "gguf": Format((16, 8, 4, 32), _write_gguf, _reload_gguf, _command_gguf),
    "onnx": Format((8, 4, 16, 32), _write_onnx, _reload_onnx, _command_onnx),
    "web": Format((8, 4, 16), _write_web, _reload_web, _command_web),
}
