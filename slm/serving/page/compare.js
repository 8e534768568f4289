// The view Compare: the same text through two models, one after the other, with how fast and how large each is.

import { build, element, show, tell } from "./elements.js";
import { chooseModel } from "./models.js";
import { stream } from "./stream.js";
import { count, decimal, large, size, speed } from "./wording.js";

export function startCompare() {
  let models = [];
  let stopping = null;
  const sides = ["First model", "Second model"].map(makeSide);
  element("sides").append(...sides.map((side) => side.element));
  sides.forEach((side) => side.select.addEventListener("change", () => {
    describe(side);
    suggest();
  }));

  const modelOf = (side) => models.find(({ name }) => name === side.select.value);
  const asked = () => document.querySelector('[name="form-of-prompt"]:checked').value;

  function describe(side) {
    const model = modelOf(side);
    side.figures.size.textContent = size(model?.size_bytes);
    side.figures.parameters.textContent = large(model?.parameters);
    side.figures.bits.textContent = model?.bits ? `${model.bits} bits` : "–";
    side.notice.textContent = model?.notice ?? "";
    side.notice.hidden = !model?.notice;
  }

  // Two models that answer are asked; otherwise both go on from the text.
  function suggest() {
    const form = sides.every((side) => modelOf(side)?.kind === "answers") ? "question" : "opening";
    document.querySelector(`[name="form-of-prompt"][value="${form}"]`).checked = true;
  }

  async function begin() {
    if (stopping || element("compare-start").disabled || !element("compare-form").reportValidity()) return;
    if (asked() === "question" && !element("prompt").value.trim()) return element("prompt").focus();
    stopping = new AbortController();
    busy(true);
    sides.forEach(clear);
    try {
      for (const side of sides) await run(side);
      tell("compare-status", "Both are done.");
    } catch (error) {
      const stopped = error.name === "AbortError";
      tell("compare-status", stopped ? "Stopped." : "");
      if (!stopped) tell("compare-error", error.message);
    } finally {
      sides.forEach((side) => side.text.setAttribute("aria-busy", "false"));
      stopping = null;
      busy(false);
    }
  }

  async function run(side) {
    const [question, text] = [asked() === "question", element("prompt").value];
    tell("compare-status", `${side.select.value} writes…`);
    side.text.setAttribute("aria-busy", "true");
    side.begun.textContent = question ? "" : text;
    const request = {
      model: side.select.value, max_tokens: element("compare-length").valueAsNumber,
      temperature: element("compare-temperature").valueAsNumber, seed: element("compare-seed").valueAsNumber,
      stream_options: { include_usage: true },
      ...(question ? { messages: [{ role: "user", content: text }] } : { prompt: text }),
    };
    const sent = performance.now();
    let [tokens, first] = [0, 0];
    for await (const chunk of stream(question ? "v1/chat/completions" : "v1/completions", request, stopping.signal)) {
      first ||= performance.now();
      const [choice] = chunk.choices ?? [];
      side.tokens.append(choice?.text ?? choice?.delta?.content ?? "");
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    side.figures.speed.textContent = speed(tokens, (performance.now() - sent) / 1000);
    side.figures.wait.textContent = `${decimal((first - sent) / 1000, 2)}\u00a0s`;
    side.figures.tokens.textContent = count(tokens);
  }

  function busy(now) {
    element("compare-start").disabled = now || !models.length;
    element("compare-stop").disabled = !now;
    sides.forEach((side) => (side.select.disabled = now || models.length < 2));
    if (now) tell("compare-error", "");
  }

  element("compare-form").addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  element("compare-stop").addEventListener("click", () => stopping?.abort());

  return {
    start: begin,
    stop: () => stopping?.abort(),
    models(found) {
      models = found.filter(({ kind }) => kind !== "sources");
      sides.forEach((side, place) => {
        chooseModel(side.select, models, models[Math.min(place, models.length - 1)]);
        describe(side);
      });
      suggest();
      show("compare-one", models.length === 1);
      element("compare-start").disabled = Boolean(stopping) || !models.length;
    },
  };
}

function makeSide(title) {
  const select = build("select", { "aria-label": title });
  const [begun, tokens] = [build("span", { class: "begun" }), build("span")];
  const text = build("p", { class: "written", "aria-live": "polite", "data-empty": "Its text appears here." }, begun, tokens);
  const notice = build("p", { class: "notice", role: "note", hidden: true });
  const names = {
    speed: "speed", wait: "first token after", tokens: "tokens", size: "size", parameters: "parameters", bits: "weights in",
  };
  const figures = {};
  const rows = Object.entries(names).map(([key, label]) => {
    figures[key] = build("dd", {}, "–");
    return build("div", {}, build("dt", {}, label), figures[key]);
  });
  const list = build("dl", { class: "figures" }, ...rows);
  return { element: build("section", { class: "side", "aria-label": title }, select, list, text, notice), select, begun, tokens, text, notice, figures };
}

function clear(side) {
  side.begun.textContent = side.tokens.textContent = "";
  for (const name of ["speed", "wait", "tokens"]) side.figures[name].textContent = "–";
}
