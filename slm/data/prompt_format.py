"""How a question becomes a prompt, and a record becomes (prompt, response): the only place with the words of it.

Prompt and response are encoded separately and joined, so that the model sees at inference exactly the ids that it
was trained on; the response is closed by ``<|endoftext|>``. Knows nothing about tokens or models.
"""

from __future__ import annotations

from dataclasses import dataclass

from slm.errors import ConfigError

QUESTION = "### Question:\n"
REASONING = "### Reasoning:\n"
RESPONSE = "### Response:\n"


@dataclass(frozen=True)
class PromptFormat:
    """The prompt format of a fine-tuned model; a model folder carries it in slm.json and as a chat template."""

    reasoning: bool = False
    """Whether the model reasons in a section of its own before the response."""

    def prompt(self, question: str) -> str:
        """The text that asks `question`; the model goes on from its end. Raises ConfigError for an empty one."""
        if not question.strip():
            raise ConfigError("expected a question, got empty text")
        return f"{QUESTION}{question.strip()}\n{REASONING if self.reasoning else RESPONSE}"

    def question(self, prompt: str) -> str:
        """The question in a prompt that `prompt` made."""
        return prompt.removeprefix(QUESTION).removesuffix(REASONING if self.reasoning else RESPONSE).strip()

    def response(self, record: dict[str, str]) -> str:
        """What the model should write after the prompt of `record` (fields question, reasoning, response)."""
        if self.reasoning:
            return f"{record['reasoning']}\n{RESPONSE}{record['response']}"
        return record["response"]

    def shown(self, generated: str) -> str:
        """The part of a generated text that answers: all of it, or what follows the reasoning."""
        return generated.partition(f"\n{RESPONSE}")[2] or generated if self.reasoning else generated

    def chat_template(self) -> str:
        """The same prompt as a Jinja template for `apply_chat_template`; the last user message is the question."""
        marker = REASONING if self.reasoning else RESPONSE
        lines = (
            "{%- for message in messages -%}",
            "{%- if message['role'] == 'user' -%}",
            "{{ " + repr(QUESTION) + " + message['content'] | trim + " + repr("\n" + marker) + " }}",
            "{%- elif message['role'] == 'assistant' -%}",
            "{{ message['content'] }}",
            "{%- endif -%}",
            "{%- endfor -%}",
        )
        return "".join(lines)


NOTICE = "A research model: it knows little and is often wrong. It is no substitute for a doctor."
