// The view Write: an opening, and the stories that go on from it.

import { build, element, show, tell } from "./elements.js";
import { chooseModel } from "./models.js";
import { Story } from "./story.js";
import { stream } from "./stream.js";
import { facts, speed } from "./wording.js";

const OPENINGS = ["Once upon a time", "One day, a little girl named Lily", "The old dragon was sad"];
const LIKELY = 10;
const ENDS = { stop: "The model ended the story.", length: "As long as asked for, or as the model reads." };

export function startWrite() {
  let models = [];
  let stories = [];
  let stopping = null; // an AbortController while something is written
  let writing = Promise.resolve();

  const model = () => models.find(({ name }) => name === element("write-model").value);
  const value = (id) => element(id).valueAsNumber;

  element("openings").append(...OPENINGS.map((text) => build("li", {}, build("button", {
    type: "button", class: "chip", onclick: () => {
      element("opening").value = text;
      element("opening").focus();
    },
  }, text))));

  async function begin() {
    if (stopping || element("write-start").disabled || !element("write-form").reportValidity()) return;
    const opening = element("opening").value;
    stories.forEach((story) => story.close());
    const many = value("samples");
    stories = Array.from({ length: many }, (_, place) =>
      new Story(many > 1 ? `Story ${place + 1} of ${many}` : "The story", opening, { choose, goOn }));
    element("stories").replaceChildren(...stories.map((story) => story.element));
    element("stories").classList.toggle("several", many > 1);
    show("write-empty", false);
    if (element("stories").getBoundingClientRect().top > 0.7 * innerHeight) element("stories").scrollIntoView();
    start(stories, opening, { n: many });
  }

  // Lets `some` stories go on from the prompt that they share, after whatever is written now has stopped.
  async function start(some, prompt, more) {
    stopping?.abort();
    await writing;
    if (!stopping) writing = write(some, prompt, more);
  }

  async function write(some, prompt, more) {
    stopping = new AbortController();
    busy(true);
    some.forEach((story) => story.begin());
    const open = new Set(some);
    const end = (message, options) => open.forEach((story) => story.finish(message, options));
    try {
      const { tokens, seconds } = await receive(some, open, prompt, more);
      end("It came to no end.");
      tell("write-status", `${tokens} tokens, ${speed(tokens, seconds)}.`);
    } catch (error) {
      const stopped = error.name === "AbortError";
      end(stopped ? "Stopped." : "Cut off here.", { cut: !stopped });
      tell("write-status", stopped ? "Stopped." : "");
      if (!stopped) tell("write-error", error.cut ? `${error.message} What it wrote so far is kept.` : error.message);
    } finally {
      stopping = null;
      busy(false);
    }
  }

  async function receive(some, open, prompt, more) {
    let tokens = 0;
    const { signal } = stopping;
    const sent = performance.now();
    const request = {
      model: model()?.name, prompt, max_tokens: value("length"), temperature: value("temperature"),
      top_k: value("top-k"), seed: value("seed"), logprobs: LIKELY, stream_options: { include_usage: true }, ...more,
    };
    for await (const chunk of stream("v1/completions", request, signal)) {
      signal.throwIfAborted(); // a turn was taken while this came
      for (const { index, text, logprobs, finish_reason: reason } of chunk.choices ?? []) {
        const story = some[index];
        if (!story) continue;
        story.push(text ?? "", logprobs);
        if (reason) {
          story.finish(ENDS[reason] ?? reason, { more: reason !== "stop" });
          open.delete(story);
        }
      }
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    return { tokens, seconds: (performance.now() - sent) / 1000 };
  }

  function choose(story, place, token) {
    stopping?.abort();
    story.turn(place, token);
    story.text.focus({ preventScroll: true });
    goOn(story);
  }

  function goOn(story) {
    start([story], story.written, { continue_past_context: true });
  }

  function busy(now) {
    element("write-start").disabled = now || !models.length;
    element("write-stop").disabled = !now;
    element("write-again").disabled = now || !stories.length;
    element("stories").classList.toggle("busy", now);
    if (!now) return;
    tell("write-status", "Writing…");
    tell("write-error", "");
  }

  element("write-form").addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  element("write-stop").addEventListener("click", () => stopping?.abort());
  element("write-again").addEventListener("click", () => {
    element("seed").value = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
    begin();
  });
  element("surprise").addEventListener("change", (event) => element("stories").classList.toggle("unsure", event.target.checked));
  element("write-model").addEventListener("change", () => tell("write-facts", facts(model())));

  return {
    start: begin,
    stop: () => stopping?.abort(),
    models(found) {
      models = found.filter(({ kind }) => kind !== "sources");
      chooseModel(element("write-model"), models, models.find(({ kind }) => kind !== "answers"));
      tell("write-facts", facts(model()));
      element("write-start").disabled = Boolean(stopping) || !models.length;
    },
  };
}
