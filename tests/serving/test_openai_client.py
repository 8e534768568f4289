"""Ordinary use of OpenAI's own Python client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from serving.conftest import Running

from slm.domain import load_domain

NOTICE = load_domain("medical").notice


@pytest.fixture(scope="module")
def openai() -> Any:
    """Imported by the worker that needs it alone."""
    return pytest.importorskip("openai", reason="the package openai is missing")


@pytest.fixture
def client(server: Running, openai: Any):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as made:
        yield made


def test_models(client, openai: Any):
    assert [model.id for model in client.models.list()] == ["stories", "answers", "reasons"]
    assert client.models.retrieve("stories").owned_by == "slm"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4")


def test_completions_whole_and_streamed(client):
    asked = {"model": "stories", "prompt": "The cat", "max_tokens": 20, "seed": 5, "n": 2, "stop": ["zz"]}
    whole = client.completions.create(**asked)
    texts = ["", ""]
    for chunk in client.completions.create(stream=True, stream_options={"include_usage": True}, **asked):
        for choice in chunk.choices:
            texts[choice.index] += choice.text
        usage = chunk.usage
    assert texts == [choice.text for choice in whole.choices] and usage == whole.usage
    assert whole.usage.prompt_tokens == 2 or whole.usage.prompt_tokens > 0


def test_chat_whole_and_streamed(client):
    asked = {
        "model": "answers", "messages": [{"role": "user", "content": "What is a cold?"}], "max_completion_tokens": 12,
    }  # fmt: skip
    whole = client.chat.completions.create(logprobs=True, top_logprobs=2, **asked)
    chunks = list(client.chat.completions.create(stream=True, **asked))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content and whole.choices[0].message.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert len(whole.choices[0].logprobs.content) == whole.usage.completion_tokens
    assert whole.notice == NOTICE  # ours: the client keeps what it does not know


def test_the_clients_own_stream_helper(client):
    with client.chat.completions.stream(
        model="stories",
        messages=[{"role": "user", "content": "The cat"}],
        max_completion_tokens=90,
        seed=1,
        stop=["e", "a", "o", "t"],
    ) as stream:
        content = "".join(event.delta for event in stream if event.type == "content.delta")
        assert stream.get_final_completion().choices[0].message.content == content


def test_extensions_travel_in_the_extra_body(client):
    asked = {"model": "stories", "prompt": "The cat", "max_tokens": 9, "seed": 1}
    greedy = client.completions.create(temperature=0, **asked).choices[0].text
    assert client.completions.create(extra_body={"top_k": 1}, **asked).choices[0].text == greedy


def test_errors_become_the_clients_exceptions(client, openai: Any):
    with pytest.raises(openai.BadRequestError) as refusal:
        client.completions.create(model="stories", prompt="x", suffix="y")
    assert refusal.value.code == "unsupported_parameter" and refusal.value.param == "suffix"
    with pytest.raises(openai.NotFoundError, match="stories, answers"):
        client.completions.create(model="none", prompt="x")


def test_a_stream_that_is_closed_early_frees_its_place(client, server: Running):
    from serving.conftest import wait_for

    stream = client.completions.create(
        model="stories", prompt="The", max_tokens=4000, stream=True, logit_bias={"5": 100},
        extra_body={"continue_past_context": True},
    )  # fmt: skip
    next(iter(stream))
    stream.close()
    wait_for(lambda: not server.server.service.busy)


def test_many_at_once_get_what_one_alone_gets(server: Running, openai: Any, run_async):
    async def all_texts() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:

            async def one(number: int) -> str:
                stream = await client.completions.create(
                    model="stories", prompt=f"The {number}", max_tokens=20, seed=number, stream=True
                )
                return "".join([choice.text async for chunk in stream for choice in chunk.choices])

            together = await asyncio.gather(*(one(n % 12) for n in range(24)))
            return [*together, *[await one(n) for n in range(12)]]

    texts = run_async(all_texts())
    assert texts[:12] == texts[12:24] == texts[24:]
