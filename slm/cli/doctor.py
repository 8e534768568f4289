"""What this machine offers for making small language models, and what would be missing for what."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from slm import __version__

CORE = ("torch", "numpy", "fastokens", "tokenizers", "safetensors", "typer", "rich", "matplotlib")
EXTRAS = {
    "hub": (("datasets", "huggingface_hub", "pyarrow"), "hub:owner/name sources and .parquet files"),
    "export": (("gguf", "xllamacpp", "playwright", "transformers"), "slm export: GGUF files, and checking exports"),
    "serve": (("fastapi", "uvicorn", "httptools", "prometheus_client"), "slm serve"),
    "remote": (("fsspec", "s3fs"), "s3:// addresses"),
    "tensorboard": (("tensorboard",), "TensorBoard beside metrics.jsonl"),
    **{name: ((name,), f"--track {name}") for name in ("trackio", "wandb", "mlflow")},
}


def examine(runs: Path, network: bool) -> dict[str, Any]:
    """Everything that `slm doctor` shows, as one dictionary."""
    from slm import device, processor
    from slm.prepare import STORES

    _, free = processor.memory_bytes()
    best = device.best_device()
    return {
        "slm": __version__,
        "python": platform.python_version(),
        "machine": {
            **device.describe_machine(),
            "memory_free_gb": round(free / 1e9, 1),
            "instruction_sets": processor.instruction_sets(),
            "disk_free_gb": round(shutil.disk_usage(Path.cwd()).free / 1e9, 1),
        },
        "training": {
            "device": best,
            "precision": device.best_precision(best),
            "threads": processor.available_cores(),
            "compiler": shutil.which(os.environ.get("CXX", "g++")) or shutil.which("clang++") or shutil.which("cl"),
        },
        "packages": {name: _version(name) for name in CORE},
        "extras": {
            extra: {"packages": {name: _version(name) for name in names}, "for": purpose}
            for extra, (names, purpose) in EXTRAS.items()
        },
        "folders": {str(path): _size(path) for path in (runs, STORES, _hub_cache())},
        "network": _hub_answers() if network else None,
    }


def print_findings(findings: dict[str, Any]) -> None:
    """The findings for people; what is missing stands at the end with the command that mends it."""
    machine, training = findings["machine"], findings["training"]
    print(f"slm {findings['slm']} on Python {findings['python']}, {machine['system']}")
    print(
        f"processor   {machine['processor']}, {machine['cores']} cores "
        f"({', '.join(machine['instruction_sets']) or 'no special instructions found'})"
    )
    print(
        f"memory      {machine['memory_gb']} GB, {machine['memory_free_gb']} GB free; disk {machine['disk_free_gb']} "
        "GB free here"
    )
    print(f"accelerator {machine['accelerator'] or 'none'}")
    print(
        f"training    on {training['device']} in {training['precision']}, {training['threads']} threads; compiler "
        f"{training['compiler'] or 'none'}"
    )
    print(
        "packages    " + ", ".join(f"{name} {version or 'MISSING'}" for name, version in findings["packages"].items())
    )
    for folder, size in findings["folders"].items():
        print(f"folder      {folder}: " + (f"{size / 1e6:,.0f} MB" if size is not None else "not there yet"))
    if findings["network"] is not None:
        print(
            "network     "
            + (
                "the hub answers"
                if findings["network"]
                else "the hub does not answer: use samples:stories, samples:medical, or local files"
            )
        )
    missing = [(extra, info) for extra, info in findings["extras"].items() if None in info["packages"].values()]
    for extra, info in missing:
        print(f"missing     for {info['for']}: pip install 'slm-toolkit[{extra}]'")
    if not missing:
        print("missing     nothing")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _size(folder: Path) -> int | None:
    if not folder.is_dir():
        return None
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _hub_cache() -> Path:
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    return Path(home) / "hub"


def _hub_answers() -> bool:
    """Whether the hub (or HF_ENDPOINT) answers within three seconds; any answer counts, also a refusal."""
    address = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=3):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False
