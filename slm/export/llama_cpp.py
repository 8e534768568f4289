"""llama.cpp as an engine to check a GGUF file with: its ids, its logits, its likeliest tokens.

It runs in a process of its own (`llama_cpp_process`): it aborts on some damaged files, and may not come back from
others. Either is a ModelError here. (T tokens, V vocabulary.)
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slm.errors import ConfigError, DataError, ModelError, import_extra
from slm.model.sampling import log_probabilities
from slm.processor import available_cores

TIMEOUT = 300.0  # seconds for one answer: 124 million parameters, 1,024 tokens, two busy cores took 55
LOADING, LOADED_A_SECOND = 20.0, 20_000_000  # seconds, and bytes of the file; a damaged one that is refused takes one
TEXTS = 10_000  # encoded in one answer
CHILD = Path(__file__).with_name("llama_cpp_process.py")


class LlamaCpp:
    """The model at `path`, loaded by llama.cpp. `context` tokens at most, ids from 0 to `tokens` - 1.

    Raises ModelError where llama.cpp cannot load it or does not answer within `timeout` seconds, here and in every
    method; MissingExtra without the package xllamacpp.
    """

    def __init__(self, path: Path, threads: int | None = None, timeout: float = TIMEOUT):
        self._path, self._timeout = Path(path), timeout
        threads = threads or available_cores()
        if importlib.util.find_spec("xllamacpp") is None:  # not imported: what it loads belongs into the other process
            import_extra("xllamacpp", "export", "checking a GGUF file with llama.cpp")
        if not self._path.is_file():
            raise ModelError(f"{path}: expected a GGUF file, found none; write one with slm export")
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - what it prints, for the last line of it where it dies
        self._expired = 0.0
        command = [sys.executable, "-P", str(CHILD), str(self._path), str(threads)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said)
        try:
            with self._within(min(timeout, LOADING + self._path.stat().st_size / LOADED_A_SECOND)):
                facts = self._reply()
        except BaseException:
            self.close()
            raise
        self.tokens, self.context = facts["tokens"], facts["context"]
        self.name = f"llama.cpp (xllamacpp {facts['version']}), {threads} thread{'s' if threads > 1 else ''}"

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text; special tokens in it are text. Raises DataError for lone surrogates."""
        try:
            "".join(texts).encode()
        except UnicodeEncodeError as error:
            raise DataError(
                f"expected text in Unicode, got a lone surrogate ({error.reason}); mend or drop it"
            ) from None
        parts = (texts[first : first + TEXTS] for first in range(0, len(texts), TEXTS))
        return [ids for part in parts for ids in self._ask(ask="encode", texts=list(part))]

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """The logits (T, V), float32, after each of T tokens that stand alone."""
        self._require(ids, len(ids))
        content = self._ask(ask="logits", ids=[int(token) for token in ids])
        return np.frombuffer(content, "<f4").reshape(len(ids), self.tokens)

    def log_probabilities(self, ids: Sequence[int]) -> np.ndarray:
        """The log-probabilities (T, V), float32, of what may follow each of T tokens that stand alone."""
        return log_probabilities(self.logits(ids))

    def greedy(self, ids: Sequence[int], new: int) -> list[int]:
        """The `new` tokens that follow `ids` when always the likeliest is taken."""
        self._require(ids, len(ids) + max(new - 1, 0))
        return self._ask(ask="greedy", ids=[int(token) for token in ids], new=new)

    def close(self) -> None:
        """End the process; nothing can be asked any more."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            with contextlib.suppress(OSError):  # what was still to be written has no reader
                stream.close()

    def __enter__(self) -> LlamaCpp:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _require(self, ids: Sequence[int], places: int) -> None:
        if not 1 <= len(ids) <= places <= self.context:
            raise ConfigError(f"expected 1 to {self.context} tokens (the model's context), got {places}; cut the text")
        if min(ids) < 0 or max(ids) >= self.tokens:
            wrong = min(ids) if min(ids) < 0 else max(ids)
            raise DataError(f"expected token ids from 0 to {self.tokens - 1}, got {wrong}; is this the right model?")

    def _ask(self, **request: Any) -> Any:
        if self._process.stdin.closed:
            raise ModelError(f"{self._path}: llama.cpp was closed; open the file again")
        with self._within(self._timeout):
            try:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
            except OSError:
                raise self._death() from None
            return self._reply()

    def _reply(self) -> Any:
        try:
            reply = json.loads(self._process.stdout.readline())
            content = self._process.stdout.read(reply["bytes"])
        except (ValueError, KeyError, TypeError):  # half a line, or none: it died
            raise self._death() from None
        if len(content) < reply["bytes"]:
            raise self._death()
        if "error" in reply:
            raise ModelError(f"{self._path}: llama.cpp cannot use it ({reply['error']}); export the model again")
        return reply.get("value", content)

    @contextlib.contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Ends the process if what is done takes longer; reading from it then ends too."""
        timer = threading.Timer(seconds, self._expire, [seconds])
        timer.daemon = True
        timer.start()
        try:
            yield
        except BaseException as error:
            if not isinstance(error, ModelError):  # stopped by the person: a late answer would be taken for the next
                self.close()
            raise
        finally:
            timer.cancel()

    def _expire(self, seconds: float) -> None:
        self._expired = seconds
        self._process.kill()

    def _death(self) -> ModelError:
        """What to raise when the process is gone, or cannot be understood."""
        self._process.kill()
        status = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        self.close()
        if self._expired:
            return ModelError(
                f"{self._path}: expected llama.cpp's answer within {self._expired:g} s, got none; is the file damaged? "
                "Export the model again, or give it more time"
            )
        return ModelError(f"{self._path}: llama.cpp ended with status {status} ({last[:200]}); export the model again")
