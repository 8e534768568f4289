"""Texts that are written together: they join and leave between tokens, and share the beginnings that are the same.

One step gives every text one token. What a text becomes depends on its prompt, its settings and its seed, not on its
neighbours, nor on what was written before it: of others' texts it takes over only what would be computed the same way,
to the last bit (as far as the engine keeps rows apart). Knows nothing about questions, files or clients.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from slm.data.tokenizer import Tokenizer
from slm.errors import ConfigError
from slm.generation.engine import Engine
from slm.generation.text_stream import TextStream
from slm.model.sampling import Sampling, generator_for, likeliest, log_probabilities, sample

END, LENGTH, STOP = "end", "length", "stop"
SHORTEST_SHARED = 8  # tokens in common from which on they are taken over instead of computed
MOST_LIKELIEST = 20  # log-probabilities of tokens that did not come, for each that did


@dataclass(frozen=True)
class GenerationConfig:
    """How much to write, and how the next token is drawn."""

    max_new_tokens: int = 200
    """Tokens to write at most."""
    temperature: float = 0.8
    """Under 1 is safer, over 1 wilder; 0 takes the likeliest token every time."""
    top_k: int = 50
    """Only the k likeliest tokens may come; 0 means all."""
    top_p: float = 1.0
    """Only the likeliest tokens that together reach this probability may come."""
    min_p: float = 0.0
    """Only tokens at least so likely, as a share of the likeliest one's probability, may come."""
    repetition_penalty: float = 1.0
    """Over 1 makes tokens that stand in the text already less likely; 1 leaves them alone."""
    logit_bias: dict[str, float] = field(default_factory=dict)
    """What is added to the logit of a token id, -100 to 100."""
    stop: tuple[str, ...] = ()
    """Strings, taken literally, before which the text ends."""
    seed: int = 0
    """Sample n of a prompt is decided by (seed, n)."""
    continue_past_context: bool = False
    """At the end of the model's context go on from its last half, instead of stopping with reason 'length'."""
    log_probabilities: int | None = None
    """Tell the log-probability of each token, and of so many of the likeliest in its place; None tells nothing."""

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise ConfigError(f"max_new_tokens expects a whole number from 1 up, got {self.max_new_tokens}")
        if isinstance(self.stop, str) or not all(self.stop):
            raise ConfigError(f"stop expects a list of strings of at least one character, got {self.stop!r}")
        if self.log_probabilities is not None and not 0 <= self.log_probabilities <= MOST_LIKELIEST:
            raise ConfigError(f"log_probabilities expects 0 to {MOST_LIKELIEST}, got {self.log_probabilities}")
        self.sampling  # noqa: B018 - checked when made

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_k, self.top_p, self.min_p, self.repetition_penalty, self.logit_bias)


@dataclass(frozen=True)
class Drawn:
    """A token, and by the model alone, whatever the settings: its log-probability, and the likeliest in its place.
    The first token of a prompt, which nothing stands before, has None and ()."""

    token: int
    log_probability: float | None
    likeliest: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Piece:
    """Some text of one sample. `stop` is '' until its last piece: 'end' (the model ended), 'length', or 'stop'."""

    sample: int
    text: str
    stop: str = ""
    drawn: Drawn | None = None


class Writer:
    """One text that is being written."""

    def __init__(self, tokenizer: Tokenizer, prompt: Sequence[int], config: GenerationConfig, sample: int):
        self.config, self.sample = config, sample
        self.prompt, self.ids = list(prompt), []  # ids: what was written, without the end token
        self.stop = ""
        self.sampling = config.sampling
        self.sequence: int | None = None
        self.fed: list[int] = []  # what the engine's sequence holds
        self.prompted = 0  # so many of them, the first ones, were computed as a prompt, not token by token
        self.pending = self.prompt  # what it has yet to be given
        self._generator = generator_for(config.seed, sample)
        self._stream = TextStream(tokenizer, config.stop)
        self._end = tokenizer.eot_token

    @property
    def new(self) -> bool:
        """Whether its prompt is still to be computed, as a whole."""
        return not self.ids and len(self.pending) > 1

    def write(self, logits: np.ndarray, context: int) -> Piece:
        """Draw the next token from logits (V,)."""
        seen = self.prompt + self.ids if self.sampling.repetition_penalty != 1 else ()
        token = sample(logits, self.sampling, self._generator, seen)
        drawn = None if self.config.log_probabilities is None else _drawn(logits, token, self.config.log_probabilities)
        if token == self._end:
            text, self.stop = self._stream.finish(), END
        else:
            self.ids.append(token)
            text, self.pending = self._stream.push(token), [token]
            full = len(self.fed) >= context and not self.config.continue_past_context
            if full or len(self.ids) == self.config.max_new_tokens:
                text, self.stop = text + self._stream.finish(), LENGTH
        if self._stream.stopped:
            self.stop = STOP
        return Piece(self.sample, text, self.stop, drawn)


def _drawn(logits: np.ndarray, token: int, count: int) -> Drawn:
    values = log_probabilities(logits)
    return Drawn(token, float(values[token]), tuple((int(i), float(values[i])) for i in likeliest(values, count)))


class Batch:
    """Writers over one engine. Texts that find no free slot wait for one."""

    def __init__(self, engine: Engine, tokenizer: Tokenizer):
        self.engine, self.tokenizer = engine, tokenizer
        self.waiting: list[Writer] = []
        self.active: list[Writer] = []
        # What sequences of texts that ended hold, and how much of it as a prompt; the oldest first.
        self._kept: OrderedDict[int, tuple[list[int], int]] = OrderedDict()

    @property
    def busy(self) -> bool:
        return bool(self.waiting or self.active)

    def add(self, ids: Sequence[int], config: GenerationConfig, samples: int = 1) -> list[Writer]:
        """Let `samples` texts that go on from the prompt `ids` join at the next step.

        Raises ConfigError for a prompt that leaves no room in the context, unless it goes on from its last half, and
        for biases of tokens that the model does not have.
        """
        if samples < 1:
            raise ConfigError(f"samples expects a whole number from 1 up, got {samples}")
        context = self.engine.context
        if len(ids) >= context and not config.continue_past_context:
            raise ConfigError(
                f"the prompt has {len(ids)} tokens, the model's context {context}: shorten it, or go on from its end "
                "with --continue-past-context"
            )
        if (largest := max(map(int, config.logit_bias), default=0)) >= self.engine.vocabulary:
            raise ConfigError(f"logit_bias expects token ids from 0 to {self.engine.vocabulary - 1}, got {largest}")
        writers = [Writer(self.tokenizer, ids, config, number) for number in range(samples)]
        self.waiting += writers
        return writers

    def step(self, turn: Collection[Writer] | None = None) -> list[tuple[Writer, Piece]]:
        """One token for every text that has a slot, or only for those of `turn`; what came of each."""
        self._join()
        active = [writer for writer in self.active if turn is None or writer in turn]
        followers = self._followers(active)
        leaders = [writer for writer in active if writer not in followers]
        if not leaders:
            return []
        for writer in leaders:
            self._make_room(writer)
        logits = self.engine.extend({writer.sequence: writer.pending for writer in leaders})
        rows = dict(zip(leaders, logits, strict=True))
        for writer in leaders:
            writer.fed += writer.pending
            if len(writer.pending) > 1:
                writer.prompted = len(writer.fed)
        for writer, leader in followers.items():
            self._free_slot()
            writer.sequence, writer.fed = self.engine.fork(leader.sequence, len(leader.fed)), list(leader.fed)
            writer.prompted = leader.prompted
            rows[writer] = rows[leader]
        pieces = [(writer, writer.write(rows[writer], self.engine.context)) for writer in active]
        for writer, piece in pieces:
            if piece.stop:
                self._leave(writer)
        return pieces

    def cancel(self, writer: Writer) -> None:
        """End a text now; its slot is free at once. One that has ended is left alone."""
        if writer in self.waiting:
            self.waiting.remove(writer)
        elif writer in self.active:
            self._leave(writer)

    def score(self, ids: Sequence[int], count: int) -> list[Drawn]:
        """The tokens of a text as if they were drawn, each with the `count` likeliest in its place. Needs a slot."""
        self._free_slot()
        logits = self.engine.logits(ids[:-1]) if len(ids) > 1 else ()
        rest = [_drawn(row, token, count) for row, token in zip(logits, ids[1:], strict=True)]
        return [Drawn(ids[0], None, ()), *rest]

    def pause(self, writer: Writer) -> None:
        """Take a text out; `resume` lets it go on where it was, in this batch or another one of the same model.

        If its sequence was given up in between, all of it is computed anew as a whole, which may round differently.
        """
        self.cancel(writer)
        writer.fed, writer.pending = [], writer.fed + writer.pending

    def resume(self, writer: Writer) -> None:
        """Let a paused text join again at the next step."""
        self.waiting.append(writer)

    def close(self) -> None:
        """Cancel all texts and give back all that the engine holds for them."""
        for writer in [*self.waiting, *self.active]:
            self.cancel(writer)
        while self._kept:
            self.engine.close(self._kept.popitem(last=False)[0])

    def _join(self) -> None:
        while self.waiting and len(self.active) < self.engine.slots:
            self.active.append(self.waiting.pop(0))

    @property
    def _full(self) -> bool:
        return sum(writer.sequence is not None for writer in self.active) + len(self._kept) >= self.engine.slots

    def _free_slot(self) -> None:
        """Give up the sequence that ended longest ago, if there is no slot for one more."""
        if self._full:
            self.engine.close(self._kept.popitem(last=False)[0])

    def _followers(self, active: Sequence[Writer]) -> dict[Writer, Writer]:
        """Texts among the `active` that have just joined, by the one that joins with the same prompt and computes it
        for them. Opens a sequence for all the others."""
        leaders: dict[tuple[int, ...], Writer] = {}
        followers = {}
        for writer in active:
            if writer.sequence is None:
                leader = leaders.setdefault(tuple(writer.pending), writer)
                if leader is writer:
                    self._open(writer)
                else:
                    followers[writer] = leader
        return followers

    def _open(self, writer: Writer) -> None:
        """A sequence for a new text: one that takes over what another, running or ended, has in common with it."""
        held = [(w.sequence, w.fed, w.prompted) for w in self.active if w.fed]
        held += [(sequence, *kept) for sequence, kept in self._kept.items()]
        text = writer.pending
        shared = [(_in_common(_computed_alike(writer, *those), text), sequence) for sequence, *those in held]
        length, source = max(shared, default=(0, 0))
        # The logits come from the last token; of a prompt two are left, which are computed as a whole as it is.
        length = min(length, len(text) - (2 if writer.new else 1))
        if length >= SHORTEST_SHARED and not self._too_long(writer):
            writer.sequence = self._fork_or_take(source, length)
            writer.fed, writer.pending = text[:length], text[length:]
        else:
            self._free_slot()
            writer.sequence = self.engine.open()

    def _fork_or_take(self, source: int, length: int) -> int:
        """A copy of a sequence; or itself, if it has ended and there is no slot for one more, or nothing to lose."""
        if source in self._kept and (self._full or length == len(self._kept[source][0])):
            del self._kept[source]
            self.engine.rewind(source, length)
            return source
        self._free_slot()
        return self.engine.fork(source, length)

    def _make_room(self, writer: Writer) -> None:
        """Go on from the last half of the text where the context would not hold what is to come."""
        if self._too_long(writer):
            self.engine.rewind(writer.sequence, 0)
            writer.fed, writer.pending = [], (writer.prompt + writer.ids)[-max(1, self.engine.context // 2) :]
            writer.prompted = 0

    def _too_long(self, writer: Writer) -> bool:
        """Whether the context does not hold it; a prompt has to leave room for one token."""
        return len(writer.fed) + len(writer.pending) + (not writer.ids) > self.engine.context

    def _leave(self, writer: Writer) -> None:
        self.active.remove(writer)
        if writer.sequence is not None:
            self._kept[writer.sequence] = writer.fed, writer.prompted
            writer.sequence = None


def _computed_alike(writer: Writer, fed: list[int], prompted: int) -> list[int]:
    """What a sequence holds, as far as it was computed as this text's own would be: for a prompt as a whole, for the
    rest of a text that was paused as it was before."""
    if writer.new:
        return fed[:prompted]
    return fed if prompted == writer.prompted else []


def _in_common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two sequences begin with alike."""
    length = min(len(first), len(second))
    different = np.flatnonzero(np.asarray(first[:length]) != np.asarray(second[:length]))
    return int(different[0]) if len(different) else length
