// Ordinary use of OpenAI's JavaScript client against the server at URL, which has the models stories and answers; the
// one at CLOSED_URL wants KEY. Run by tests/serving/test_openai_javascript.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

const { URL: url, CLOSED_URL: closedUrl, KEY: key } = process.env;
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
const question = { model: "answers", messages: [{ role: "user", content: "What is a cold?" }] };

async function figure(name) {
  const line = (await (await fetch(`${url}/metrics`)).text()).split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.split(" ")[1]);
}

test("models", async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.deepEqual(names, ["stories", "answers", "reasons"]);
  assert.equal((await client.models.retrieve("stories")).owned_by, "slm");
  await assert.rejects(client.models.retrieve("gpt-4"), OpenAI.NotFoundError);
});

test("completions, whole and streamed", async () => {
  const asked = { model: "stories", prompt: "The cat", max_tokens: 20, seed: 5, n: 2, stop: ["zz"] };
  const whole = await client.completions.create(asked);
  const texts = ["", ""];
  let usage;
  const stream = await client.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } });
  for await (const chunk of stream) {
    for (const choice of chunk.choices) texts[choice.index] += choice.text;
    usage = chunk.usage;
  }
  assert.deepEqual(texts, whole.choices.map((choice) => choice.text));
  assert.deepEqual(usage, whole.usage);
});

test("chat, whole and streamed", async () => {
  const asked = { ...question, max_completion_tokens: 12 };
  const whole = await client.chat.completions.create({ ...asked, logprobs: true, top_logprobs: 2 });
  let text = "", reason;
  for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
    text += chunk.choices[0].delta.content ?? "";
    reason = chunk.choices[0].finish_reason ?? reason;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(reason, whole.choices[0].finish_reason);
  assert.equal(whole.choices[0].logprobs.content.length, whole.usage.completion_tokens);
  assert.match(whole.notice, /research model/); // ours: the client keeps what it does not know
});

test("the client's own stream helper", async () => {
  const asked = { model: "stories", messages: [{ role: "user", content: "The cat" }], max_completion_tokens: 30, seed: 1 };
  const stream = client.chat.completions.stream(asked);
  let content = "";
  stream.on("content", (delta) => (content += delta));
  const final = await stream.finalChatCompletion();
  assert.equal(final.choices[0].message.content, content);
  assert.equal(content, (await client.chat.completions.create(asked)).choices[0].message.content);
});

test("biases, an echo, and what is not OpenAI's", async () => {
  const asked = { model: "stories", prompt: "The cat", max_tokens: 5, seed: 1 };
  const certain = await client.completions.create({ ...asked, logit_bias: { 70: 100 }, echo: true, logprobs: 1 });
  const { tokens, token_logprobs: values } = certain.choices[0].logprobs;
  assert.ok(certain.choices[0].text.startsWith("The cat"));
  assert.equal(values[0], null);
  assert.equal(new Set(tokens.slice(-5)).size, 1);
  const greedy = await client.completions.create({ ...asked, temperature: 0 });
  assert.equal((await client.completions.create({ ...asked, top_k: 1 })).choices[0].text, greedy.choices[0].text);
});

test("errors become the client's exceptions", async () => {
  await assert.rejects(client.completions.create({ model: "stories", prompt: "x", suffix: "y" }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.deepEqual([error.status, error.code, error.param], [400, "unsupported_parameter", "suffix"]);
    return true;
  });
  await assert.rejects(client.completions.create({ model: "none", prompt: "x" }), OpenAI.NotFoundError);
  const streamed = client.chat.completions.create({ ...question, temperature: -1, stream: true });
  await assert.rejects(streamed, OpenAI.BadRequestError);
});

test("keys", async () => {
  const asked = { model: "stories", prompt: "x", max_tokens: 1 };
  const wrong = new OpenAI({ baseURL: `${closedUrl}/v1`, apiKey: "wrong", maxRetries: 0 });
  await assert.rejects(wrong.completions.create(asked), OpenAI.AuthenticationError);
  const right = new OpenAI({ baseURL: `${closedUrl}/v1`, apiKey: key, maxRetries: 0 });
  const { data, response } = await right.completions.create(asked).withResponse();
  assert.equal(data.usage.completion_tokens, 1);
  assert.equal(response.headers.get("cache-control"), "no-store");
});

test("a stream that is left in the middle frees its place", async () => {
  const before = await figure('slm_texts_total{model="stories",reason="left"}');
  const asked = { model: "stories", prompt: "The", max_tokens: 4000, stream: true, logit_bias: { 5: 100 } };
  for await (const _ of await client.completions.create({ ...asked, continue_past_context: true })) break;
  const controller = new AbortController();
  const stream = await client.completions.create({ ...asked, continue_past_context: true }, { signal: controller.signal });
  await stream[Symbol.asyncIterator]().next();
  controller.abort();
  while ((await figure('slm_texts_total{model="stories",reason="left"}')) < before + 2) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test("many at once get what one alone gets", async () => {
  async function text(number) {
    const asked = { model: "stories", prompt: `The ${number}`, max_tokens: 20, seed: number, stream: true };
    let made = "";
    for await (const chunk of await client.completions.create(asked)) made += chunk.choices[0].text;
    return made;
  }
  const together = await Promise.all(Array.from({ length: 24 }, (_, number) => text(number % 12)));
  for (let number = 0; number < 12; number++) {
    const alone = await text(number);
    assert.deepEqual([together[number], together[number + 12]], [alone, alone]);
  }
});
