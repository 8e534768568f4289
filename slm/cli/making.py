"""What commands share that take long: the progress line, how a run ends, the command as it was typed."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slm.cli.console import ConsoleObserver


def observing(yes: bool = False, shorter: str = "slm run quick") -> ConsoleObserver:
    """A progress line, for `with`."""
    from slm.cli.console import ConsoleObserver

    return ConsoleObserver(yes, shorter)


def print_finished(run: object, as_json: bool, next_command: str) -> None:
    if as_json:
        evaluation = json.loads((run.path / "evaluation.json").read_text())
        print(json.dumps({**run.read(), "evaluation": evaluation}, indent=1))
        return
    from slm.cli.summary import print_run

    print_run(run, next_command)


def typed_command() -> str:
    """The command as it was typed, for run.json."""
    return shlex.join(["slm", *sys.argv[1:]])
