"""Built-in children's stories: synthetic, seeded, written out from this project's own plots.

Story n depends on (seed, n) alone. Knows nothing about files, tokens or training.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from slm.data.samples import story_words as words
from slm.data.samples.grammar import Choice, Grammar, Node, Slots, capitalise, expand, join_lines, mend_articles
from slm.data.samples.plots_everyday import EVERYDAY_PLOTS
from slm.data.samples.plots_friends import FRIEND_PLOTS
from slm.data.samples.plots_home import HOME_PLOTS
from slm.data.samples.plots_outdoors import OUTDOOR_PLOTS
from slm.data.samples.plots_wonder import WONDER_PLOTS

PLOTS = EVERYDAY_PLOTS | HOME_PLOTS | OUTDOOR_PLOTS | FRIEND_PLOTS | WONDER_PLOTS
# How the paragraphs of a story are parted: most by a blank line, some not at all.
PARTINGS = ("\n\n", "\n\n", "\n", " ")
# The share of stories that say "don't" and "I'm"; the others say "do not" and "I am" throughout.
CONTRACTED = 0.6
LONG_FORM = re.compile(
    r"\b(?:(?:[Dd]o|[Dd]id|[Dd]oes|[Cc]ould|[Ww]as|[Ii]s|[Aa]re|[Hh]ave|[Hh]ad|[Ww]ould|[Ss]hould) not"
    r"|[Cc]annot|[Ww]ill not|Let us|I am|I will(?! not)|I have(?= [a-z]+ed)|You are|[Ww]e will(?! not))\b(?= [a-z])"
)
SHORT_FORMS = {
    "cannot": "can't",
    "will not": "won't",
    "Let us": "Let's",
    "I am": "I'm",
    "I will": "I'll",
    "I have": "I've",
    "You are": "You're",
    "we will": "we'll",
}


class Plot(NamedTuple):
    """A script for one world, ready to be told."""

    name: str
    world: str
    weather: str
    values: list[tuple[list[str], Node]]
    paragraphs: list[list[Node]]


def stories(count: int = 20_000, seed: int = 0) -> Iterator[str]:
    """The first `count` stories of `seed`: ASCII, mostly 100 to 250 words; the default 20,000 are all distinct."""
    for number in range(count):
        yield story(number, seed)


def story(number: int, seed: int = 0) -> str:
    """Story `number` of `seed`."""
    return tell(*choose(number, seed))


def choose(number: int, seed: int = 0) -> tuple[Plot, Callable[[], float]]:
    """The plot of a story, and the draws, uniform in [0, 1), from which all else in it comes."""
    draw = random.Random(f"{seed}:{number}").random
    plots = load_plots()
    tellings = plots[int(draw() * len(plots))]
    return tellings[int(draw() * len(tellings))], draw


def tell(plot: Plot, draw: Callable[[], float]) -> str:
    """Cast `plot`, fix its values, and write out its paragraphs."""
    slots = cast(plot, draw)
    for names, node in (*load_world(plot.world)[1], *plot.values):
        slots.update(zip(names, expand(node, draw, slots).split("/"), strict=True))
    parting = PARTINGS[int(draw() * len(PARTINGS))]
    paragraphs = []
    for beats in plot.paragraphs:
        sentences = [expand(beat, draw, slots) for beat in beats]
        paragraphs.append(" ".join([sentence for sentence in sentences if sentence]))
    text = mend_articles(parting.join([paragraph for paragraph in paragraphs if paragraph]))
    return contract(text) if draw() < CONTRACTED else text


def contract(text: str) -> str:
    """`text` with 'do not' as "don't" and so on, wherever a word follows."""
    return LONG_FORM.sub(_short_form, text)


def _short_form(match: re.Match) -> str:
    long = match[0]
    if long in SHORT_FORMS:
        return SHORT_FORMS[long]
    if long.endswith(" not") and long.lower() != "will not":
        return long[:-4] + "n't"
    return capitalise(SHORT_FORMS[long[0].lower() + long[1:]])


def cast(plot: Plot, draw: Callable[[], float]) -> Slots:
    """Who is in the story and when: the slots that every plot can use.

    `he`, `him`, `his`, `himself` are the hero's; with f, m, e before them the friend's, the parent's, the elder's.
    """

    def pick(options: Sequence) -> Any:
        return options[int(draw() * len(options))]

    town = plot.world == "town"
    elder, elder_pronoun = pick(words.TOWN_ELDERS if town else words.WOODS_ELDERS)
    parent, parent_pronoun = pick(words.PARENTS)
    slots = Slots(
        parent=parent, elder=elder, trait=pick(words.TRAITS), day=pick(words.DAYS[plot.weather]), time=pick(words.TIMES)
    )
    names: list[str] = []
    pronouns = {"m": parent_pronoun, "e": elder_pronoun or pick(("she", "he"))}
    for role, kind, prefix in (("hero", "kind", ""), ("friend", "fkind", "f"), ("pal", "palkind", "p")):
        pronouns[prefix] = pick(("she", "he"))
        tables = words.CHILD_NAMES if town else words.ANIMAL_NAMES
        slots[role] = _new_name(names, tables[pronouns[prefix]], pick)
        slots[kind] = words.CHILD_KINDS[pronouns[prefix]] if town else pick(words.ANIMALS)
    for spare in ("she", "he"):
        slots[f"spare_{spare}"] = _new_name(names, words.CHILD_NAMES[spare], pick)
    for prefix, pronoun in pronouns.items():
        for form, word in zip(("he", "him", "his", "himself"), words.PRONOUNS[pronoun], strict=True):
            slots[prefix + form] = word
    for role, kind in (("friend", "fkind"), ("pal", "palkind")):
        slots[f"{role}_full"] = slots[role] if town else f"{slots[role]} the {slots[kind]}"
    slots["sibling"] = "sister" if slots["he"] == "she" else "brother"
    return slots


def _new_name(taken: list[str], table: list[str], pick: Callable) -> str:
    """A name whose first letter no other name has, so that no reader mixes them up; adds it to `taken`."""
    while True:
        name = pick(table)
        if all(name[0] != other[0] for other in taken):
            taken.append(name)
            return name


@cache
def load_world(world: str) -> tuple[Grammar, list[tuple[list[str], Node]]]:
    """The grammar of 'town' or 'woods', and the values that all its stories fix: places, homes, hobbies."""
    speech = [
        words.SPEECH.replace("PREFIX", prefix).replace("SPEAKER", who).replace("VOICE", his).replace("MANNER", how)
        for prefix, (who, his, how) in words.SPEAKERS.items()
    ]
    grammar = Grammar(words.COMMON, {"town": words.TOWN, "woods": words.WOODS}[world], *speech)
    fixed = [([name], grammar.rule(name)) for name in words.FIXED]
    return grammar, fixed


@cache
def load_plots() -> list[list[Plot]]:
    """Every plot, each as the list of its tellings: one for each world that it can play in."""
    return [read_script(name, script) for name, script in PLOTS.items()]


def read_script(name: str, script: str) -> list[Plot]:
    """Compile a plot's script, once for each of its worlds.

    Head: `worlds:` (town, woods), `weather:` (fine where left out), then values that stay the same for the whole
    story, `name = choices` or `name/other = x/y|...`. After `begin:` a line is a beat, lines that start with '|' are
    other ways to say it, '?' before it leaves it out of three tellings in five, a blank line starts a paragraph.
    """
    head, _, body = script.partition("begin:\n")
    for wording, choices in words.WORDINGS.items():
        body = re.sub(wording, choices, body)
    lines = join_lines(head)
    settings = dict(line.split(": ", 1) for line in lines if " = " not in line)
    sources = [line.split(" = ", 1) for line in lines if " = " in line]
    tellings = []
    for world in settings["worlds"].split():
        grammar, _ = load_world(world)
        values = [(names.split("/"), grammar.compile(source)) for names, source in sources]
        paragraphs = [[_beat(grammar, line) for line in join_lines(block)] for block in body.strip().split("\n\n")]
        tellings.append(Plot(name, world, settings.get("weather", "fine"), values, paragraphs))
    return tellings


def _beat(grammar: Grammar, line: str) -> Node:
    if line.startswith("?"):
        beat = grammar.compile(line[1:].strip())
        return Choice([beat, beat, "", "", ""])
    return grammar.compile(line)
