"""The benches in bench/: each of them says what it measures and how it is called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"
HELP_OF_EACH = """
import contextlib, io, pathlib, runpy, sys
for path in sys.argv[1:]:
    said = io.StringIO()
    sys.argv = [path, "--help"]
    sys.path.insert(0, str(pathlib.Path(path).parent))
    with contextlib.redirect_stdout(said):
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as end:
            assert end.code == 0, path
        except ModuleNotFoundError as error:  # which bench/personal.py alone wants, and no test
            assert error.name == "faker", (path, error)
            print("usage: with faker installed")
    assert said.getvalue().startswith("usage: "), (path, said.getvalue())
    print(pathlib.Path(path).name)
"""


def test_each_bench_has_a_help() -> None:
    paths = sorted(str(path) for path in BENCH.glob("*.py") if "__main__" in path.read_text())
    done = subprocess.run([sys.executable, "-c", HELP_OF_EACH, *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [Path(path).name for path in paths] and len(paths) > 20
