"""Whose turn it is in a step, and whose bytes are worked on next: counts of both, by client."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, deque

import pytest

from slm.generation.batch import GenerationConfig, Writer
from slm.serving.shares import LONG_TURN, MODEST, PROMPT_TOKENS, Shares
from slm.serving.ticket import Ticket
from slm.serving.turns import EACH, LONGEST_LINE, REST, REST_FROM_CROWD, Turns


def owners(tokenizer, **texts: int) -> dict[Writer, tuple[Ticket, int]]:
    """So many texts of each client."""
    config = GenerationConfig()
    made = {}
    for client, count in texts.items():
        ticket = Ticket(client, [[1, 2]] * count, config, 1, 0.0)
        made |= {Writer(tokenizer, [1, 2], config, 0): (ticket, number) for number in range(count)}
    return made


def written(shares: Shares, texts: dict[Writer, tuple[Ticket, int]], steps: int) -> Counter[Writer]:
    counts: Counter[Writer] = Counter()
    for _ in range(steps):
        turn = shares.turn(texts)
        assert len(set(turn)) == len(turn)
        for writer in turn:
            writer.ids.append(7)
            writer.pending = [7]
        counts.update(turn)
    return counts


@pytest.mark.parametrize("few, many, each", [(1, 64, MODEST), (4, 64, 4), (10, 64, 10), (2, 3, 3), (5, 5, 5)])
def test_who_has_many_texts_gets_no_more_steps_than_who_has_few(tokenizer, few, many, each):
    texts, steps = owners(tokenizer, few=few, many=many), 80
    counts = written(Shares(), texts, steps)
    by_client: Counter[str] = Counter()
    for writer, count in counts.items():
        by_client[texts[writer][0].client] += count
    assert by_client == {"few": few * steps, "many": each * steps}
    of_many = [counts[writer] for writer, (ticket, _) in texts.items() if ticket.client == "many"]
    assert max(of_many) - min(of_many) <= LONG_TURN  # all of them go on


def test_one_client_alone_has_all_steps(tokenizer):
    texts = owners(tokenizer, one=64)
    assert len(Shares().turn(texts)) == 64


def test_who_asks_again_and_again_keeps_the_share_between_two_texts(tokenizer, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    shares, alone = Shares(), owners(tokenizer, many=64)
    shares.turn(owners(tokenizer, few=1) | alone)
    now[0] += 0.5
    assert len(shares.turn(alone)) == MODEST
    now[0] += 2
    assert len(shares.turn(alone)) == 64


def test_long_prompts_of_one_client_are_worked_through_one_by_one(tokenizer):
    texts = owners(tokenizer, few=1, many=8)
    for writer, (ticket, _) in texts.items():
        if ticket.client == "many":
            writer.pending = [1] * PROMPT_TOKENS
    assert len(Shares().turn(texts)) == 2


def test_between_prompts_of_many_texts_others_have_twice_the_time(tokenizer, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    shares, texts = Shares(), owners(tokenizer, few=1, many=64)
    prompts = 0
    for _ in range(3 * 64):
        turn = shares.turn(texts)
        assert [texts[writer][0].client for writer in turn].count("few") == 1  # and has no prompt of its own held back
        its = [writer for writer in turn if texts[writer][0].client == "many" and len(writer.pending) > 1]
        prompts += bool(its)
        now[0] += 0.01
        for writer in turn:
            writer.ids, writer.pending = [*writer.ids, 7], [7] if texts[writer][0].client == "many" else [1, 2]
        shares.end_step()
    assert prompts == 64 // MODEST  # none was left out: in each of every third step there were four


def test_whether_there_are_others(tokenizer, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    shares = Shares()
    shares.turn(owners(tokenizer, one=1))
    assert not shares.others_than("one") and shares.others_than("two")
    now[0] += 2
    assert not shares.others_than("two")


def test_what_comes_at_once_is_worked_on_in_turns_and_in_order(run_async):
    done: list[tuple[str, int]] = []

    async def main() -> None:
        turns = Turns()
        for number in range(20):
            turns.add("crowd", lambda number=number: done.append(("crowd", number)), lambda: pytest.fail("refused"))
        turns.add("good", lambda: done.append(("good", 0)), lambda: None)
        while len(done) < 21:
            await asyncio.sleep(0.001)

    run_async(main())
    assert done.index(("good", 0)) == EACH
    assert [number for who, number in done if who == "crowd"] == list(range(20))


def test_what_stands_behind_a_long_line_is_refused(run_async):
    done: Counter[str] = Counter()

    async def main() -> None:
        turns = Turns()
        for _ in range(3 * LONGEST_LINE):
            turns.add("crowd", lambda: done.update(["worked on"]), lambda: done.update(["refused"]))
        turns.add("good", lambda: done.update(["good"]), lambda: None)
        while done.total() < 3 * LONGEST_LINE + 1:
            await asyncio.sleep(0.001)
        turns.add("crowd", lambda: done.update(["later"]), lambda: None)
        await asyncio.sleep(0.01)

    run_async(main())
    assert done == {"worked on": LONGEST_LINE, "refused": 2 * LONGEST_LINE, "good": 1, "later": 1}


class Loop:
    """Does at once what is wanted later, and keeps after how long that was."""

    def __init__(self):
        self.soon, self.rests = deque(), []

    def call_soon(self, work, *arguments):
        self.soon.append((work, arguments))

    def call_later(self, seconds, work, *arguments):
        self.rests.append(round(1000 * seconds))
        self.call_soon(work, *arguments)

    def run(self):
        while self.soon:
            work, arguments = self.soon.popleft()
            work(*arguments)


@pytest.mark.parametrize("others", [False, True])
def test_a_crowd_rests_longer_and_who_is_alone_not_at_all(monkeypatch, others):
    ticks, loop = itertools.count(), Loop()
    monkeypatch.setattr("time.monotonic", lambda: next(ticks) / 1000)  # a round takes 1 ms
    monkeypatch.setattr("asyncio.get_running_loop", lambda: loop)
    turns, done = Turns(), []
    if others:
        turns.add("good", lambda: done.append("good"), lambda: None)
    for _ in range(2 * LONGEST_LINE):
        turns.add("crowd", lambda: done.append("work"), lambda: done.append("refused"))
    loop.run()
    assert len(done) == 2 * LONGEST_LINE + others
    rounds = LONGEST_LINE // EACH
    assert loop.rests == ([REST_FROM_CROWD] * rounds + [REST] * (rounds - 1) if others else [0] * (2 * rounds - 1))
