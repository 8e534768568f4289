"""Who imports whom: downwards only, by the layers of the design, imports inside functions too."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import slm

PACKAGE = Path(__file__).parents[1] / "slm"

# Lowest first; what stands on one line never imports its neighbours, only itself and what stands above it here.
LAYERS = (
    ("slm",),  # the version
    ("errors",),
    ("atomic_write", "caching", "config_files", "hashing", "processor", "redaction"),
    ("remote",),
    ("device", "language", "text_patterns"),
    ("emergency",),
    ("data", "model"),
    ("domain",),
    ("model_folder",),
    ("checkpoint",),
    ("training", "generation", "evaluation"),
    ("report", "recipe"),
    ("measuring",),
    ("export", "stage", "prepare", "plan", "rag", "tuning_search"),
    ("base_domain", "prepare_shards"),
    ("pretrain", "finetune"),
    ("pipeline", "serving", "suite", "following"),
    ("audit",),
    ("cli",),
    ("__main__",),
)
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}
FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """'data' for slm/data/files.py, 'errors' for slm/errors.py, 'slm' for slm/__init__.py."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "slm" if first == "__init__" else first


def part_named(module: str, parts: set[str]) -> str:
    names = module.split(".")
    return names[1] if len(names) > 1 and names[1] in parts else "slm"


def imported_parts(path: Path) -> set[str]:
    """The parts of slm that a file imports anywhere in it."""
    parts, found = set(RANK), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {part_named(name.name, parts) for name in node.names if name.name.split(".")[0] == "slm"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written in full here"
            if node.module == "slm":  # a module, or one of the public names, which stand for their homes
                homes = (slm._HOMES.get(name.name, f"slm.{name.name}") for name in node.names)
                found |= {part_named(home, parts) for home in homes}
            elif node.module.startswith("slm."):
                found.add(part_named(node.module, parts))
    return found


def test_every_part_has_its_layer():
    assert {part_of(path) for path in FILES} == set(RANK)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path):
    part = part_of(path)
    upwards = {other for other in imported_parts(path) if other != part and RANK[other] >= RANK[part]}
    assert not upwards, f"{path.relative_to(PACKAGE)} imports {', '.join(sorted(upwards))}"


def test_the_check_sees_imports_in_functions_and_of_all_forms(tmp_path: Path):
    imports = "from slm import training, __version__, load_model", "from slm.data.hub import open_snapshot"
    source = f"import slm.cli.main\ndef f():\n    {imports[0]}\n    {imports[1]}\n"
    (tmp_path / "a.py").write_text(source)
    assert imported_parts(tmp_path / "a.py") == {"cli", "training", "slm", "data", "checkpoint"}


@pytest.mark.parametrize("name", slm.__all__)
def test_every_public_name_is_there(name: str):
    assert getattr(slm, name) is not None


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'slm' has no attribute 'no_such_name'"):
        slm.no_such_name  # noqa: B018


def modules_after(statements: str) -> set[str]:
    code = f"import sys, pkgutil, importlib\n{statements}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


@pytest.mark.parametrize("statements", [
    "import slm, slm.errors, slm.config_files, slm.atomic_write",
    "import slm.data.documents, slm.data.files, slm.data.cleaning, slm.data.prompt_format, slm.data.hub",
    "from slm.data import samples; "
    "[importlib.import_module(m.name) for m in pkgutil.iter_modules(samples.__path__, 'slm.data.samples.')]",
    "import slm.data.tokenizer, slm.data.token_store, slm.data.batches, slm.prepare",
])  # fmt: skip
def test_documents_and_ids_need_no_torch(statements: str):
    assert "torch" not in modules_after(statements)


def test_the_command_line_starts_light():
    """`slm --help` answers at once only while these are imported by the commands that need them."""
    heavy = {"torch", "numpy", "matplotlib", "fastokens", "safetensors", "datasets", "huggingface_hub", "transformers",
             "fastapi", "uvicorn", "pydantic"}
    assert not heavy & modules_after("import slm.cli.main")
