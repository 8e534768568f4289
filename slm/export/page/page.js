// The page: what is typed goes to the model, what it writes is shown as text, never as markup.

import { openEngine } from "./engine.js";

const SHOWN_TOKENS = 8;
const ENDS = {
  end: "the model ended the text", length: "as many as asked for", stopped: "stopped",
  context: "the model reads no further",
};
const whole = new Intl.NumberFormat("en-GB");
const element = (id) => document.getElementById(id);
const [opening, write, stop, status, onwards] = ["opening", "write", "stop", "status", "onwards"].map(element);

let engine;
let question = null; // { before, after, answer }: how a question becomes a prompt, for models that answer
let writing = false;

const ready = start();
const keptWhole = keepPage();
keptWhole.catch(() => {}); // no host over https, or a private window: the page works, but not without its host

// For programs that test a page: each function gives a promise.
//   ready                 the model is loaded; rejects with what the page shows
//   offline               from now on the page opens without its host
//   encode(texts)         the token ids of each text;   decode(ids)   their text
//   logits(ids, first)    Float32Array: the logits after each of ids[first], ids[first + 1], ...
//   greedy(ids, count)    the likeliest tokens after ids, `count` at most, without the end token
window.slm = {
  ready,
  offline: Promise.all([ready, keptWhole]).then(() => true),
  describe: () => ready.then(() => engine.description),
  encode: (texts) => ready.then(() => engine.ask("encode", texts)),
  decode: (ids) => ready.then(() => engine.ask("decode", ids)),
  logits: (ids, first = 0) => ready.then(() => engine.ask("logits", { ids, first })),
  greedy: (ids, count) => ready.then(() => engine.ask("greedy", { ids, count })),
};
window.slm.offline.catch(() => {});
ready.catch(() => {}); // shown by start

async function start() {
  try {
    status.textContent = "Loading the model…";
    engine = await openEngine((share) => {
      element("progress").value = share;
    });
    describe(engine.description);
    status.textContent = "Ready.";
    write.disabled = false;
    await expectNext();
  } catch (error) {
    status.textContent = "";
    show(error);
    throw error;
  } finally {
    element("progress").hidden = true;
  }
}

function describe({ title, parameters, bits, vocabulary, config, notice, prompt }) {
  document.title = element("title").textContent = title;
  element("facts").textContent = [
    `${(parameters / 1e6).toFixed(1)} million parameters in ${bits} bits`, `${whole.format(vocabulary)} tokens in its vocabulary`,
    `reads ${whole.format(config.block_size)} at a time`,
  ].join(" · ");
  element("notice").textContent = notice ?? "";
  element("notice").hidden = !notice;
  question = prompt;
  if (!question) return;
  element("asked").textContent = "What is your question?";
  element("expected-hint").textContent = "How the answer is likely to begin. Choose one to have it go on from there.";
  if (opening.value === opening.defaultValue) opening.value = "";
}

function show(error) {
  element("error").textContent = error.message;
  element("error").hidden = false;
}

// What the model goes on from.
function prompt() {
  return question ? question.before + opening.value.trim() + question.after : opening.value;
}

// Writing

function settings() {
  const number = (id) => element(id).valueAsNumber;
  return {
    temperature: number("temperature"), topK: number("top-k"), seed: number("seed"), count: number("count"),
    onwards: !question,
  };
}

async function writeText(begin = []) {
  if (writing || write.disabled || !element("form").reportValidity()) return;
  begins(true);
  let text = "";
  element("begun").textContent = question ? "" : opening.value;
  try {
    const { ids, reason, seconds } = await engine.ask("write", { text: prompt(), begin, settings: settings() }, (piece) => {
      text += piece;
      render(text);
    });
    const speed = seconds > 0.05 ? `, ${whole.format(Math.round(ids.length / seconds))} a second` : "";
    status.textContent = `${whole.format(ids.length)} tokens${speed}: ${ENDS[reason]}.`;
    onwards.hidden = Boolean(question);
  } catch (error) {
    status.textContent = "";
    show(error);
  }
  begins(false);
  await expectNext();
}

function begins(now) {
  writing = now;
  [write.disabled, stop.disabled] = [now, !now];
  if (!now) return;
  status.textContent = "Writing…";
  render("");
  for (const id of ["error", "onwards"]) element(id).hidden = true;
  element("written").hidden = false;
  const story = element("story");
  if (story.getBoundingClientRect().top > 0.6 * innerHeight) story.scrollIntoView(); // a phone: it is further down
}

// A model that reasons first: its answer is what follows the mark.
function render(text) {
  const [reasoning, answer] = question?.answer ? text.split(question.answer, 2) : ["", text];
  element("reasoning").textContent = reasoning;
  element("reasoning").hidden = !reasoning;
  element("text").textContent = answer ?? "";
}

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (question && !opening.value.trim()) opening.focus();
  else writeText();
});
stop.addEventListener("click", () => engine.stop());
onwards.addEventListener("click", () => {
  opening.value = element("begun").textContent + element("text").textContent;
  opening.focus();
  opening.scrollTop = opening.scrollHeight;
  expectNext();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && writing) engine.stop();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element("form").requestSubmit();
});

// Likely next tokens: buttons that stay, so that the keyboard's place stays too

const buttons = Array.from({ length: SHOWN_TOKENS }, (_, place) => {
  const [item, button, token, share] = ["li", "button", "span", "span"].map((name) => document.createElement(name));
  button.type = "button";
  button.disabled = true;
  [token.className, share.className] = ["token", "share"];
  button.append(token, share);
  button.addEventListener("click", () => choose(place));
  item.append(button);
  element("tokens").append(item);
  return button;
});
let offered = [];
let [asking, askAgain] = [false, false];

opening.addEventListener("input", () => expectNext());

async function expectNext() {
  if (!engine || writing) return;
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  do {
    askAgain = false;
    offered = await engine.ask("next", { text: prompt(), count: SHOWN_TOKENS }).catch(() => []);
  } while (askAgain);
  asking = false;
  buttons.forEach((button, place) => offer(button, offered[place]));
}

function offer(button, next) {
  const [token, share] = button.children;
  button.hidden = !next;
  if (!next) return;
  const text = next.text ?? (question ? "the end of the answer" : "the end of the text");
  button.disabled = next.text === null || next.text.includes("\ufffd"); // the end, or a part of a character
  token.replaceChildren(...(next.text === null ? [text] : visible(text)));
  share.textContent = percent(next.probability);
  button.style.setProperty("--share", next.probability);
  button.setAttribute("aria-label", `${spoken(text)}, ${percent(next.probability)}`);
}

function percent(probability) {
  return probability < 0.001 ? "< 0.1 %" : `${(100 * probability).toFixed(1)} %`;
}

// Spaces and line breaks as signs.
function visible(text) {
  return text.split(/([ \n\t]+)/).filter(Boolean).map((part) => {
    if (part.trim()) return part;
    const sign = document.createElement("span");
    sign.className = "space";
    sign.textContent = part.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥");
    return sign;
  });
}

function spoken(text) {
  return text.trim() || text.replaceAll("\n", "line break ").replaceAll(" ", "space ").trim();
}

function choose(place) {
  if (question) {
    writeText([offered[place].id]);
    return;
  }
  opening.value += offered[place].text;
  opening.scrollTop = opening.scrollHeight;
  expectNext();
}

async function keepPage() {
  if (!navigator.serviceWorker) throw new Error("Pages are kept only over https or loopback.");
  await navigator.serviceWorker.register("service.js");
  await navigator.serviceWorker.ready;
}
