"""The command line: every command by its name, errors as one line, exit codes. Nothing imports this package.

Commands import what they run only when they are called, so that ``slm --help`` answers at once.
"""

from __future__ import annotations

import os
import sys

import typer

from slm import __version__
from slm.cli import (
    asking,
    auditing,
    compare,
    encoding,
    exporting,
    generating,
    inspect,
    planning,
    retrieval,
    serving,
    stages,
    tuning,
    use,
)
from slm.errors import SlmError, Stopped

app = typer.Typer(
    name="slm",
    help="Make a small language model of your own: from raw text to a model that is trained, tuned, "
    "measured and served.\n\n"
    "Begin with: slm run quick",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def version(show: bool = typer.Option(False, "--version", help="Show the version and exit.")) -> None:
    if show:
        print(f"slm {__version__}")
        raise typer.Exit


COMMANDS = (
    stages, tuning, planning, use, generating, retrieval, asking, encoding, serving, exporting, compare, auditing,
    inspect,
)  # fmt: skip
for module in COMMANDS:
    module.register(app)


def run() -> None:
    """The entry point: any SlmError becomes one line on standard error and its exit code."""
    try:
        app()
    except SlmError as error:
        label = "" if isinstance(error, Stopped) else "error: "
        _end(f"{label}{' '.join(str(error).split())}", error.exit_code)
    except KeyboardInterrupt:
        _end("stopped; nothing half-written is left behind", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone: `slm runs | head`
        sys.exit(0)
    except MemoryError:
        _end("error: out of memory; try a smaller training.micro_batch_size, model.n_embd or model.block_size", 1)
    except OSError as error:
        _end(f"error: {error.filename or 'the system'}: {error.strerror or error}; see disk space and permissions", 1)


def _end(line: str, code: int) -> None:
    print(line, file=sys.stderr)
    if os.environ.get("SLM_TRACEBACK"):
        raise
    sys.exit(code)


if __name__ == "__main__":
    run()
