"""From token ids to text as it comes: characters are never cut, stop strings never shown."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from slm.data.tokenizer import Tokenizer


class TextStream:
    """The text of one growing sequence of ids. `stopped` once one of the strings `stop`, taken literally, has come."""

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()):
        self.stopped = False
        self._tokenizer, self._stop = tokenizer, tuple(stop)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""  # may become a stop string

    def push(self, token: int) -> str:
        """The text that one more token lets be shown; '' while a character, or what may be a stop string, is open."""
        return self._shown(self._decoder.decode(self._tokenizer.decode_bytes([token])))

    def finish(self) -> str:
        """What was held back, now that no token follows; a character that never ended shows as U+FFFD."""
        shown = self._shown(self._decoder.decode(b"", final=True))
        held, self._held = self._held, ""
        return shown + held

    def _shown(self, text: str) -> str:
        if self.stopped:
            return ""
        text = self._held + text
        found = [(text.find(stop) + len(stop), text.find(stop)) for stop in self._stop if stop in text]
        if found:  # the one that is whole first, as if the text came character by character
            self.stopped, self._held = True, ""
            return text[: min(found)[1]]
        keep = max((_open_end(text, stop) for stop in self._stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _open_end(text: str, stop: str) -> int:
    """How many of the last characters of `text` are the beginning of `stop`."""
    for length in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
