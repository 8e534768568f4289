"""How a question becomes a prompt, and a record becomes (prompt, response): the only place with the words of it.

Prompt and response are encoded separately and joined, so that the model sees at inference exactly the ids that it
was trained on; the response is closed by ``<|endoftext|>``. Knows nothing about tokens or models.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from slm.errors import ConfigError

LONGEST_HEADING = 200
WAYS_TO_REASON = ("drop", "keep", "section")


NO_REASONING = (
    "expected reasoning in the records, found none; name its column with --column reasoning=NAME, or take "
    "--reasoning drop"
)


@dataclass(frozen=True)
class Headings:
    """What stands before each part of a record, line end and all; `slm.domain` says it for a domain."""

    question: str = "### Question:\n"
    """Before the question."""
    reasoning: str = "### Reasoning:\n"
    """Before the reasoning, on a line of its own."""
    response: str = "### Response:\n"
    """Before the response, on a line of its own."""

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            if not text.strip() or len(text) > LONGEST_HEADING:
                raise ConfigError(f"{name} expects a heading of 1 to {LONGEST_HEADING} characters, got {text!r}")
        if len({*asdict(self).values()}) < 3:
            raise ConfigError("question, reasoning and response expect three different headings, got equal ones")


@dataclass(frozen=True)
class PromptFormat:
    """The prompt format of a fine-tuned model; a model folder carries it in slm.json and as a chat template."""

    reasoning: str | bool = "drop"
    """What becomes of a record's reasoning: 'drop', 'keep' as the first part of the response, or a 'section' of its own
    before the response, which is not shown. Older folders say false for 'drop' and true for 'section'."""
    headings: Headings = field(default_factory=Headings)
    """The words of it."""

    def __post_init__(self) -> None:
        if isinstance(self.reasoning, bool):
            object.__setattr__(self, "reasoning", "section" if self.reasoning else "drop")
        if self.reasoning not in WAYS_TO_REASON:
            raise ConfigError(f"reasoning expects {', '.join(WAYS_TO_REASON)}, got {self.reasoning!r}")

    @property
    def hides_reasoning(self) -> bool:
        """Whether a generated text begins with reasoning that is no part of the answer."""
        return self.reasoning == "section"

    def settings(self) -> dict[str, Any]:
        """For JSON; `slm.config_files.from_dict` reads it. The usual headings are left out, as they always were."""
        unusual = {"headings": asdict(self.headings)} if self.headings != Headings() else {}
        return {"reasoning": self.reasoning, **unusual}

    def prompt(self, question: str) -> str:
        """The text that asks `question`; the model goes on from its end. Raises ConfigError for an empty one."""
        if not question.strip():
            raise ConfigError("expected a question, got empty text")
        return f"{self.headings.question}{question.strip()}\n{self._asks}"

    def question(self, prompt: str) -> str:
        """The question in a prompt that `prompt` made."""
        return prompt.removeprefix(self.headings.question).removesuffix(self._asks).strip()

    def response(self, record: dict[str, str]) -> str:
        """What the model should write after the prompt of `record` (fields question, reasoning, response)."""
        if self.hides_reasoning:
            return f"{record['reasoning']}{self.before_response}{record['response']}"
        if self.reasoning == "keep" and record["reasoning"]:
            return f"{record['reasoning']}\n\n{record['response']}"
        return record["response"]

    def shown(self, generated: str) -> str:
        """The part of a generated text that answers: all of it, or what follows the reasoning."""
        return generated.partition(self.before_response)[2] or generated if self.hides_reasoning else generated

    def chat_template(self) -> str:
        """The same prompt as a Jinja template for `apply_chat_template`; the last user message is the question."""
        lines = (
            "{%- for message in messages -%}",
            "{%- if message['role'] == 'user' -%}",
            "{{ " + repr(self.headings.question) + " + message['content'] | trim + " + repr("\n" + self._asks) + " }}",
            "{%- elif message['role'] == 'assistant' -%}",
            "{{ message['content'] }}",
            "{%- endif -%}",
            "{%- endfor -%}",
        )
        return "".join(lines)

    @property
    def before_response(self) -> str:
        """What parts the reasoning from the response."""
        return f"\n{self.headings.response}"

    @property
    def _asks(self) -> str:
        """The heading that a prompt ends with."""
        return self.headings.reasoning if self.hides_reasoning else self.headings.response
