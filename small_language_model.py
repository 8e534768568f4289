"""A small language model from raw text to answers: what `slm run` does, step by step, as one page to read.

python small_language_model.py              a few minutes, built-in texts, no network
python small_language_model.py tinystories  the documented system at full size
"""

import sys

from slm.cli.console import ConsoleObserver
from slm.cli.summary import print_summary
from slm.errors import SlmError
from slm.finetune import finetune
from slm.pipeline import PipelineResult, prepare_recipe, tokenized_like
from slm.pretrain import pretrain
from slm.recipe import load_recipe


def main() -> None:
    # A recipe is a TOML file that names everything: the documents, the model's shape, how to train. Any value of it
    # can be set differently, as in load_recipe("quick", ["training.learning_rate=1e-3"]).
    recipe = load_recipe(sys.argv[1] if len(sys.argv) > 1 else "quick")
    observer = ConsoleObserver()

    # Documents become a token store: cleaned, without duplicates, some held out, every one ended by <|endoftext|>.
    stories = prepare_recipe(recipe, message=observer.message)
    print(f"{stories.train.documents:,} documents, {len(stories.train.tokens):,} tokens to learn from")

    # A GPT-2 with random weights learns to predict the next token. What it writes on the way lies in the run's
    # samples/, its best weights in checkpoints/best, which transformers loads as it is.
    base = pretrain(stories, recipe, observer=observer)

    # The same trainer tunes it on questions and answers: only the answers are trained on.
    tuning = tokenized_like(stories, recipe.finetuning)
    questions = prepare_recipe(tuning, message=observer.message)
    tuned = finetune(questions, tuning, str(base.path), f"{base.name}-medical", observer)

    # Both runs measured themselves before and after, in bits per byte of held-out text; the report shows it all.
    print_summary(PipelineResult(base, tuned).summary(), next_command='slm generate --question "What is asthma?"')


if __name__ == "__main__":
    try:
        main()
    except SlmError as error:
        sys.exit(f"error: {error}")
