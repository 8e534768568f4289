// The view Ask: a question to a tuned model, its answer, and what the answer rests on.

import { build, element, show, tell } from "./elements.js";
import { chooseModel } from "./models.js";
import { stream } from "./stream.js";
import { duration, facts, speed } from "./wording.js";

const QUESTIONS = ["What are the symptoms of a cold?", "What helps against a headache?", "How is asthma treated?"];

export function startAsk() {
  let models = [];
  let stopping = null;

  const model = () => models.find(({ name }) => name === element("ask-model").value);

  element("questions").append(...QUESTIONS.map((text) => build("li", {}, build("button", {
    type: "button", class: "chip", onclick: () => {
      element("question").value = text;
      element("question").focus();
    },
  }, text))));

  async function begin() {
    const question = element("question").value.trim();
    if (!question) element("question").focus();
    if (!question || stopping || element("ask-start").disabled || !element("ask-form").reportValidity()) return;
    stopping = new AbortController();
    busy(true);
    const shown = answerTo(question, model());
    element("answers").prepend(shown.element);
    show("ask-empty", false);
    try {
      await receive(question, shown);
    } catch (error) {
      const stopped = error.name === "AbortError";
      shown.end.textContent = stopped ? "Stopped." : "Cut off here.";
      tell("ask-status", stopped ? "Stopped." : "");
      if (!stopped) tell("ask-error", error.message);
      if (!shown.text.textContent && !stopped) shown.element.remove();
    } finally {
      shown.text.setAttribute("aria-busy", "false");
      stopping = null;
      busy(false);
    }
  }

  async function receive(question, shown) {
    let [tokens, cited] = [0, null];
    const sent = performance.now();
    const request = {
      model: model().name, messages: [{ role: "user", content: question }],
      temperature: element("ask-temperature").valueAsNumber, max_tokens: element("ask-length").valueAsNumber,
      stream_options: { include_usage: true },
    };
    for await (const chunk of stream("v1/chat/completions", request, stopping.signal)) {
      const [choice] = chunk.choices ?? [];
      shown.text.append(choice?.delta?.content ?? "");
      if (choice?.finish_reason === "length") shown.end.textContent = "It reached its length and breaks off here.";
      shown.head(chunk);
      cited = chunk.citations ?? choice?.delta?.citations ?? cited;
      cite(shown, cited, chunk.nearest);
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    if (!shown.text.textContent.trim()) shown.end.textContent = "The model had nothing to say.";
    const taken = (performance.now() - sent) / 1000;
    tell("ask-status", model().kind === "sources" ? `Looked up in ${duration(taken)}.`
      : `Answered in ${tokens} tokens, ${speed(tokens, taken)}.`);
  }

  function chosen() {
    tell("ask-facts", facts(model()));
    const found = model()?.measured ?? [];
    element("ask-figures").replaceChildren(...found.flatMap(measured));
    show("ask-measured", found.length > 0);
    show("ask-sampling", model()?.kind !== "sources"); // quotes are not drawn
  }

  function busy(now) {
    element("ask-start").disabled = now || !models.length;
    element("ask-stop").disabled = !now;
    if (!now) return;
    tell("ask-status", "Answering…");
    tell("ask-error", "");
  }

  element("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  element("ask-stop").addEventListener("click", () => stopping?.abort());
  element("ask-model").addEventListener("change", chosen);

  return {
    start: begin,
    stop: () => stopping?.abort(),
    models(found) {
      models = found.filter(({ kind }) => kind === "answers" || kind === "sources");
      chooseModel(element("ask-model"), models);
      chosen();
      element("ask-notice").textContent = model()?.notice ?? "";
      show("ask-none", !models.length);
      show("ask-work", models.length > 0);
      element("ask-start").disabled = Boolean(stopping) || !models.length;
    },
  };
}

// A section of what a suite measured: its tables and notes.
function measured({ title, tables, notes }) {
  const row = (cells, name) => build("tr", {}, ...cells.map((cell, place) =>
    build(place ? name : "th", { scope: place ? null : name === "th" ? "col" : "row" }, cell)));
  const drawn = tables.map(({ columns, rows }) => build("div", { class: "wide", tabindex: "0", role: "region", "aria-label": title },
    build("table", {}, build("thead", {}, row(columns, "th")), build("tbody", {}, ...rows.map((cells) => row(cells, "td"))))));
  return [build("h3", {}, title), ...drawn, ...notes.map((note) => build("p", { class: "hint" }, note))];
}

// The notice stands with every answer, where it is read.
function answerTo(question, model) {
  const text = build("p", { class: "written", "aria-live": "polite", "aria-busy": "true" });
  const end = build("p", { class: "hint end" });
  const sources = build("div", { class: "sources", hidden: true });
  const notice = build("p", { class: "notice", role: "note" }, model.notice ?? "");
  const advice = build("div", { class: "advice", role: "alert", hidden: true });
  const made = build("article", { class: "answer" }, build("h2", { class: "question" }, question), advice, text, end, sources, notice);
  return { element: made, text, end, sources, head: (chunk) => advise(advice, chunk) };
}

// What has to be read before the answer: advice where the question tells of an emergency, or that it was not checked.
function advise(shown, { emergency, remark }) {
  if (!emergency && !remark) return;
  const from = (emergency?.sources ?? []).map(({ name, url }) => build("li", {}, /^https:\/\//.test(url)
    ? build("a", { href: url, rel: "noreferrer" }, name) : name));
  shown.replaceChildren(...(emergency ? [build("p", {}, build("b", {}, emergency.advice))] : []),
    ...(from.length ? [build("ul", {}, ...from)] : []), ...(remark ? [build("p", {}, remark)] : []));
  shown.hidden = false;
}

// Citations: texts, or objects with a title, a source and a passage; whatever there is of them, as text. A passage with
// quotes opens on its number, the quotes marked. Without any, the nearest passages, offered as such.
function cite(shown, citations, nearest) {
  const [some, near] = [citations, nearest].map((list) => (Array.isArray(list) ? list : []));
  if (!some.length && !near.length) return;
  shown.sources.replaceChildren(
    build("h3", {}, some.length ? "Where it is from" : "The nearest, which need not have the answer"),
    build("ol", {}, ...(some.length ? some : near).map((one) => build("li", {}, ...source(one)))),
  );
  shown.sources.hidden = false;
}

function source(one) {
  if (typeof one !== "object" || one === null) return [String(one)];
  const name = String(one.title ?? one.source ?? one.id ?? "A passage");
  const title = /^https?:\/\//.test(one.url ?? "") ? build("a", { href: one.url, rel: "noreferrer" }, name) : name;
  const passage = one.text ?? one.passage ?? one.quote;
  if (!passage) return [build("b", {}, title)];
  if (!Array.isArray(one.quotes)) return [build("b", {}, title), build("blockquote", {}, String(passage))];
  return [build("b", {}, title), build("details", {}, build("summary", {}, "The passage"),
    build("blockquote", {}, ...marked(String(passage), one.quotes)))];
}

// The passage with its quotes marked. Offsets count code points, as Python does.
function marked(passage, quotes) {
  const [letters, parts] = [Array.from(passage), []];
  let place = 0;
  for (const { start, end } of quotes) {
    parts.push(letters.slice(place, start).join(""), build("mark", {}, letters.slice(start, end).join("")));
    place = end;
  }
  return [...parts, letters.slice(place).join("")];
}
