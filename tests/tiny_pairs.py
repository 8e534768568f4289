"""Made-up things of which several kinds of question are asked: their answers share the thing's name and little else."""

from __future__ import annotations

from slm.rag.encoder_training import EncoderSettings

KINDS = {
    "What is the colour of {}?": "{} looks {} in the sun, and in the shade a little darker.",
    "Where is {} found?": "You meet {} by the {} sea, on rocks and in the sand.",
    "How heavy is {}?": "{} has {} kilograms on the scales, more in winter.",
    "Who wrote about {}?": "A book on {} came from the {} press long ago.",
}
SYLLABLES = ("ba", "ko", "ri", "mu", "te", "lo", "sha", "ni", "ve", "du")
MORE = ("red", "north", "seven", "old", "pale", "south", "nine", "new")
TINY = EncoderSettings(vocabulary=400, dimension=64, epochs=12, batch=64, learning_rate=0.01)


def records(things: int = 60) -> list[dict[str, str]]:
    """Four questions with their answers about each of so many made-up things."""
    found = []
    for number in range(things):
        thing = SYLLABLES[number % 10] + SYLLABLES[number // 10 % 10] + SYLLABLES[(number * 7 + 3) % 10]
        for kind, (question, answer) in enumerate(KINDS.items()):
            word = MORE[(number + kind) % len(MORE)]
            found.append({"question": question.format(thing), "answer": answer.format(thing, word)})
    return found
