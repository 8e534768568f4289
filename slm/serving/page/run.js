// One run: what it is, its curves as they grow, what it wrote at each checkpoint, its report.

import { Chart } from "./chart.js";
import { build } from "./elements.js";
import { ask, askJson, hasKey } from "./server.js";
import { count, date, decimal, duration, large } from "./wording.js";

const POINTS = 1000; // kept of a curve that grows while it is looked at

export class RunPage {
  constructor(name) {
    this.name = name;
    this.path = `api/runs/${encodeURIComponent(name)}`;
    this.chart = new Chart();
    this.figures = build("dl", { class: "figures" });
    this.badge = build("span", { class: "badge" });
    this.message = build("p", { class: "notice", hidden: true });
    this.stories = build("section", { class: "checkpoints", "aria-label": "What it wrote" });
    this.more = build("div");
    this.report = build("p", { class: "report" });
    this.element = build(
      "div", {},
      build("h2", { id: "run-title" }, name, " ", this.badge),
      this.message, this.figures, this.report, this.chart.element, this.stories, this.more,
    );
  }

  // Everything about it. Raises ServerError.
  async load() {
    this.run = await askJson(this.path);
    this.#badge();
    this.#curves();
    this.#stories();
    this.#rest();
  }

  // What has come since. A run that has ended is left alone, unless somebody goes on with it.
  async refresh() {
    const news = await askJson(`${this.path}/events?after=${this.run.steps}`);
    const { run } = this;
    const steps = run.samples.map(({ step }) => step);
    const other = news.went_back || news.events_so_far !== run.events_so_far || news.report !== run.report
      || news.state !== run.state || news.sample_steps.join() !== steps.join();
    if (other) {
      await this.load();
      return;
    }
    if (news.last_step === run.steps && !news.metrics.evaluations.some(({ step }) => !this.#has(step))) return;
    run.steps = news.last_step;
    run.metrics.steps = thinned([...run.metrics.steps, ...news.metrics.steps]);
    const fresh = new Set(news.metrics.evaluations.map(({ step }) => step));
    run.metrics.evaluations = [...run.metrics.evaluations.filter(({ step }) => !fresh.has(step)), ...news.metrics.evaluations];
    const losses = run.metrics.evaluations.map(({ validation_loss: loss }) => loss).filter((loss) => typeof loss === "number");
    if (losses.length && run.steps) run.best_validation_loss = Math.min(...losses);
    this.#curves();
  }

  #has(step) {
    return this.run.metrics.evaluations.some((one) => one.step === step);
  }

  #badge() {
    const { state, message } = this.run;
    this.badge.textContent = state;
    this.badge.className = `badge ${state}`;
    this.message.textContent = message;
    this.message.hidden = !message;
  }

  #curves() {
    const { run } = this;
    const last = run.metrics.steps.at(-1);
    const live = run.state === "running";
    const shown = {
      step: run.planned_steps > run.steps ? `${count(run.steps)} of ${count(run.planned_steps)}` : count(run.steps),
      "best validation loss": decimal(run.best_validation_loss),
      ...(run.bits_per_byte === null ? {} : { "bits per byte": decimal(run.bits_per_byte) }),
      parameters: large(run.parameters),
      "tokens seen": large(last?.tokens ?? run.tokens_seen),
      ...(live ? { "tokens/s": count(last?.tokens_per_second) } : {}),
      "training time": duration(live ? last?.seconds : run.training_seconds),
    };
    this.figures.replaceChildren(...Object.entries(shown).map(([label, text]) =>
      build("div", {}, build("dt", {}, label), build("dd", {}, text))));
    this.chart.update({ ...run.metrics });
  }

  #stories() {
    const { samples } = this.run;
    const items = samples.toReversed().map(({ step, items: texts }) => build(
      "li", {}, build("h4", {}, `After ${count(step)} steps`),
      ...texts.map(({ prompt, text }) => build("p", { class: "written" }, build("span", { class: "begun" }, prompt), between(prompt, text), text)),
    ));
    const none = build("p", { class: "hint" }, "It has written nothing yet; the first texts come at its first checkpoint.");
    const strip = build("div", { class: "strip", tabindex: "0", role: "group", "aria-label": "Texts by checkpoint, the newest first" }, build("ol", {}, ...items));
    this.stories.replaceChildren(build("h3", {}, "What it wrote, the newest first"), items.length ? strip : none);
  }

  #rest() {
    const { run } = this;
    this.#report(run.report);
    const rows = {
      Made: run.stage === "finetuning" ? `by fine-tuning${run.parent ? ` of ${run.parent}` : ""}` : "from text",
      Begun: date(run.created),
      Text: [run.recipe.sources.join(", "), run.recipe.synthetic && "made by a program"].filter(Boolean).join(", ") || "–",
      Tokenizer: run.recipe.tokenizer || "–",
      Model: shape(run.recipe.model),
      Training: words(run.recipe.training),
      Machine: [run.recipe.device, run.recipe.precision].filter(Boolean).join(", ") || "–",
    };
    const table = build("table", { class: "facts" }, build("tbody", {}, ...Object.entries(rows).map(([label, text]) =>
      build("tr", {}, build("th", { scope: "row" }, label), build("td", {}, text)))));
    const events = run.events.map(({ step, event, message }) =>
      build("li", {}, `Step ${count(step)}: ${event.replaceAll("_", " ")}${message ? `, ${message}` : ""}`));
    const answers = run.answers.map(({ question, before, after }) => build(
      "article", { class: "pair" }, build("h4", {}, question),
      ...[["before", before], ["after", after]].filter(([, side]) => side).map(([moment, side]) =>
        build("p", { class: "written" }, build("span", { class: "begun" }, `${moment}: `), side.text.trim() || "nothing")),
    ));
    this.more.replaceChildren(
      ...(answers.length ? [build("h3", {}, "Answers before and after fine-tuning"), ...answers] : []),
      build("h3", {}, "How it is made"), table,
      ...(events.length ? [build("h3", {}, "Out of the ordinary"), build("ul", { class: "events" }, ...events)] : []),
    );
  }

  // A link; where the server wants a key, which a link cannot carry, a button that keeps the page as a file.
  #report(there) {
    if (!there) {
      this.report.replaceChildren(build("span", { class: "hint" }, "The report is written when the run has ended."));
    } else if (hasKey()) {
      this.report.replaceChildren(build("button", { type: "button", class: "small", onclick: () => this.#keep() }, "Save the report"));
    } else {
      this.report.replaceChildren(build("a", { href: `${this.path}/report`, target: "_blank", rel: "noopener noreferrer" }, "Open the report"));
    }
  }

  async #keep() {
    try {
      const address = URL.createObjectURL(await (await ask(`${this.path}/report`)).blob());
      build("a", { href: address, download: "report.html" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (error) {
      this.report.append(build("span", { class: "hint", role: "alert" }, ` ${error.message}`));
    }
  }
}

// An answer begins a line of its own; a story goes on in the midst of one.
const between = (prompt, text) => (/[?]\s*$/.test(prompt) && !/^\s/.test(text) ? "\n" : "");

function thinned(points) {
  return points.length <= POINTS ? points : points.filter((_, place) => place % 2 === 0 || place === points.length - 1);
}

function shape({ architecture, n_layer: layers, n_embd: width, n_head: heads, block_size: reads, vocab_size: tokens }) {
  if (!layers) return "–";
  const name = architecture === "qwen3" ? "Qwen3" : "GPT-2";
  return `${name}, ${layers} layers, ${width} wide, ${heads} heads, reads ${count(reads)} tokens out of ${count(tokens)}`;
}

// By the clock or by steps: what is not the bound of a training is left out.
function words({ budget_seconds: budget, ...training }) {
  if (budget) training = { ...training, steps: null, time: duration(budget) };
  const known = Object.entries(training).filter(([, value]) => value !== null && value !== "");
  return known.map(([key, value]) => `${key.replaceAll("_", " ")} ${short(value)}`).join(", ") || "–";
}

const short = (value) => (typeof value === "number" ? String(Number(value.toPrecision(4))) : value);
