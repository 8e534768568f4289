"""Questions that no medical source answers, made by seeded draws: of stories, cooking, nonsense, made-up diseases."""

from __future__ import annotations

import random

COUNT = 100  # of a kind at most: the templates give no more that are all different

NAMES = [
    "Lily",
    "Tim",
    "Tom",
    "Mia",
    "Ben",
    "Sue",
    "Max",
    "Anna",
    "Jack",
    "Lucy",
    "Sam",
    "Emma",
    "Bob",
    "Sara",
    "Leo",
    "Amy",
]
THINGS = """ball|kite|red car|teddy bear|magic box|boat|doll|blue balloon|puppy|kitten|big tree|toy train|shiny key|old
hat|little bird|butterfly|swing|sandcastle|cookie jar|drum""".replace("\n", " ").split("|")
PLACES = [
    "park",
    "garden",
    "forest",
    "beach",
    "zoo",
    "kitchen",
    "playground",
    "lake",
    "farm",
    "attic",
    "market",
    "school",
]
STORIES = (
    "Why did {name} cry when the {thing} was lost?",
    "What did {name} find in the {place}?",
    "Who helped {name} to get the {thing} back?",
    "How did {name} and {other} become friends at the {place}?",
    "Where did {name} hide the {thing}?",
    "What did {name} learn at the end of the story about the {thing}?",
    "Why was {name}'s mom angry about the {thing}?",
    "What happened when {name} took the {thing} to the {place}?",
    "Did {name} share the {thing} with {other}?",
    "What did the {thing} say to {name} in the {place}?",
)

DISHES = """sourdough bread|apple pie|risotto|pancakes|a beef stew|chicken curry|lasagne|a cheese soufflé|fried
rice|mashed potatoes|tomato soup|banana bread|a chocolate cake|guacamole|ratatouille|sushi rice|paella|goulash|
hummus|crème brûlée""".replace("\n", " ").split("|")
FOODS = [
    "flour",
    "butter",
    "eggs",
    "yeast",
    "cream",
    "garlic",
    "basil",
    "lemon juice",
    "brown sugar",
    "olive oil",
    "buttermilk",
    "saffron",
]
COOKING = (
    "How long do I bake {dish}?",
    "At what temperature should I cook {dish}?",
    "What can I use instead of {food} in {dish}?",
    "How do I keep {dish} from sticking to the pan?",
    "How much {food} do I need for {dish} for six people?",
    "Why is my {dish} too dry?",
    "Can I freeze {dish}?",
    "Which wine goes with {dish}?",
    "How do I store {food} so that it stays fresh?",
    "What is the best recipe for {dish}?",
)

SUBJECTS = """the colour of Tuesday|a square circle|seven minus blue|the weight of a promise|yesterday's tomorrow|
the moon's telephone number|a silent trumpet|the taste of algebra|an upside-down staircase|borrowed thunder""".replace(
    "\n", " "
).split("|")
NONSENSE = (
    "What is {subject} divided by {other}?",
    "How many {word} fit into {subject}?",
    "Is {subject} louder than {other}?",
    "{word} {word2} {word3} {word4}?",
    "Why does {subject} {word} the {word2}?",
    "What are the {word} of {word2} {word3}?",
    "{word2} which {word} when {word4} of {word3}",
    "When will {subject} marry {other}?",
)
SYLLABLES = [
    "bla",
    "fro",
    "gim",
    "zot",
    "plu",
    "wex",
    "dar",
    "nop",
    "quil",
    "tros",
    "ven",
    "shub",
    "krel",
    "mip",
    "oft",
    "yan",
    "jux",
    "lem",
]

EPONYMS = [
    "Halvorn",
    "Brekman",
    "Tessard",
    "Quillon",
    "Marvick",
    "Ostrey",
    "Lindgaard",
    "Pellwin",
    "Corvaisen",
    "Dravek",
    "Sammersley",
    "Nortwick",
    "Vellacourt",
    "Hasperg",
    "Ruddlestone",
    "Ilbury",
    "Jankovar",
    "Weverling",
    "Astorin",
    "Kappelbaum",
]
FIRST = ["hyper", "hypo", "para", "epi", "poly", "dys", "peri", "endo", "neo", "macro", "micro", "ortho"]
ROOT = [
    "glom",
    "dentor",
    "vasil",
    "thermic",
    "lumbrin",
    "cortal",
    "sperid",
    "nephrel",
    "myolin",
    "ganglic",
    "retinol",
    "bronchel",
]
LAST = ["osis", "itis", "opathy", "emia", "oma", "algia", "trophy", "plasia"]
MANNER = [
    "Hereditary",
    "Congenital",
    "Juvenile",
    "Familial",
    "Acute idiopathic",
    "Late-onset",
    "X-linked",
    "Chronic relapsing",
]
ORGANS = """palatorenal|cerebrocutaneous|hepatocochlear|retinosplenic|cardiodental|spinothyroid|osteolacrimal|
pulmogastric""".replace("\n", "").split("|")
WORDS = ["dysplasia", "sclerosis", "ataxia", "neuropathy", "dystrophy", "hypoplasia", "fibrosis", "myopathy"]
ABOUT = (
    "What are the symptoms of {it}?",
    "What is (are) {it}?",
    "What are the treatments for {it}?",
    "What causes {it}?",
    "How to diagnose {it}?",
    "Is {it} inherited?",
    "How many people are affected by {it}?",
    "What are the genetic changes related to {it}?",
)


def stories(draw: random.Random) -> str:
    name, other = draw.sample(NAMES, 2)
    return draw.choice(STORIES).format(name=name, other=other, thing=draw.choice(THINGS), place=draw.choice(PLACES))


def cooking(draw: random.Random) -> str:
    return draw.choice(COOKING).format(dish=draw.choice(DISHES).strip(), food=draw.choice(FOODS))


def nonsense(draw: random.Random) -> str:
    subject, other = draw.sample([each.strip() for each in SUBJECTS], 2)
    words = ["".join(draw.sample(SYLLABLES, draw.randint(1, 3))) for _ in range(4)]
    named = dict(zip(("word", "word2", "word3", "word4"), words, strict=True))
    return draw.choice(NONSENSE).format(subject=subject, other=other, **named)


def made_up(draw: random.Random) -> str:
    """A disease that looks real: after a person, of Greek parts, or of words that sources have, newly put together."""
    kind = draw.randrange(3)
    if kind == 0:
        it = f"{'-'.join(draw.sample(EPONYMS, draw.randint(1, 2)))} {draw.choice(('syndrome', 'disease', 'disorder'))}"
    elif kind == 1:
        it = draw.choice(FIRST) + draw.choice(ROOT) + draw.choice(LAST)
    else:
        it = f"{draw.choice(MANNER)} {draw.choice(ORGANS)} {draw.choice(WORDS)}"
    return draw.choice(ABOUT).format(it=it)


KINDS = {"stories": stories, "cooking": cooking, "nonsense": nonsense, "made-up diseases": made_up}


def questions(kind: str, count: int = COUNT, seed: int = 0) -> list[str]:
    """`count` different questions of a kind, COUNT at most; the same for the same seed."""
    draw, found = random.Random(f"{kind} {seed}"), {}
    while len(found) < min(count, COUNT):
        found.setdefault(KINDS[kind](draw))
    return list(found)
