// The curves of a training: loss by step. Drawn anew for each width; numbers in, pictures out.

import { build, draw } from "./elements.js";
import { count, decimal } from "./wording.js";

const HEIGHT = 300;
const MARGIN = { left: 44, right: 14, top: 14, bottom: 30 };
const SMOOTHED = 0.04; // of the points, at most

// A figure that draws itself; `update({ steps, evaluations, planned })` gives it other numbers.
export class Chart {
  constructor() {
    this.picture = build("div", { class: "plot" });
    this.readout = build("p", { class: "hint readout" });
    this.element = build("figure", { class: "curves" }, legend(), this.picture, this.readout);
    this.data = { steps: [], evaluations: [] };
    new ResizeObserver(() => this.#draw()).observe(this.picture);
    this.picture.addEventListener("pointermove", (event) => this.#point(event));
    this.picture.addEventListener("pointerleave", () => this.#summary());
  }

  update(data) {
    this.data = data;
    this.#draw();
    this.#summary();
  }

  #draw() {
    const width = this.picture.clientWidth;
    const { steps, evaluations } = this.data;
    const losses = [...steps.map(({ loss }) => loss), ...evaluations.map(({ validation_loss: loss }) => loss)].filter(isNumber);
    if (!width || !losses.length) {
      this.picture.replaceChildren();
      return;
    }
    const last = Math.max(1, ...steps.map(({ step }) => step), ...evaluations.map(({ step }) => step));
    const [low, high] = [Math.min(...losses), Math.max(...losses)];
    const ticks = round(low, high);
    const bottom = Math.min(low, ticks[0]);
    const top = Math.max(high, ticks.at(-1));
    const x = (this.x = (step) => MARGIN.left + (step / last) * (width - MARGIN.left - MARGIN.right));
    const y = (loss) => MARGIN.top + ((top - loss) / (top - bottom || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    const known = steps.filter(({ loss }) => isNumber(loss));
    const scored = evaluations.filter(({ validation_loss: loss }) => isNumber(loss));
    const best = scored.reduce((least, one) => (!least || one.validation_loss < least.validation_loss ? one : least), null);
    const svg = draw(
      "svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": this.#words() },
      ...ticks.flatMap((loss) => [
        draw("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(loss), y2: y(loss) }),
        draw("text", { x: MARGIN.left - 8, y: y(loss) + 4, "text-anchor": "end" }, decimal(loss, ticks[1] - ticks[0] < 0.1 ? 2 : 1)),
      ]),
      ...round(0, last, Math.max(2, Math.floor(width / 150))).filter((step) => step <= last && Number.isInteger(step)).map((step) =>
        draw("text", { x: x(step), y: HEIGHT - 8, "text-anchor": step ? "middle" : "start" }, count(step))),
      draw("path", { class: "raw", d: line(known.map(({ step, loss }) => [x(step), y(loss)])) }),
      draw("path", { class: "smooth", d: line(smooth(known).map(([step, loss]) => [x(step), y(loss)])) }),
      draw("path", { class: "validation", d: line(scored.map((one) => [x(one.step), y(one.validation_loss)])) }),
      ...scored.map((one) => draw("circle", {
        class: one === best ? "best" : "scored", cx: x(one.step), cy: y(one.validation_loss), r: one === best ? 5 : scored.length > 40 ? 0 : 2.5,
      })),
    );
    this.cross = draw("line", { class: "cross", y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom, visibility: "hidden" });
    svg.append(this.cross);
    this.picture.replaceChildren(svg);
  }

  #words() {
    const { steps, evaluations } = this.data;
    const first = steps.find(({ loss }) => isNumber(loss));
    const last = steps.findLast(({ loss }) => isNumber(loss));
    const scored = evaluations.findLast(({ validation_loss: loss }) => isNumber(loss));
    const parts = [];
    if (first) parts.push(`Training loss from ${decimal(first.loss)} at step ${count(first.step)} to ${decimal(last.loss)} at step ${count(last.step)}`);
    if (scored) parts.push(`validation loss ${decimal(scored.validation_loss)} at step ${count(scored.step)}`);
    return `${parts.join("; ")}.`;
  }

  #summary() {
    this.readout.textContent = this.data.steps.length || this.data.evaluations.length ? this.#words() : "No step is done yet.";
    this.cross?.setAttribute("visibility", "hidden");
  }

  #point(event) {
    const at = event.clientX - this.picture.getBoundingClientRect().left;
    const near = nearest(this.data.steps, (one) => Math.abs(this.x?.(one.step) - at));
    if (!near || !this.cross) return;
    for (const end of ["x1", "x2"]) this.cross.setAttribute(end, this.x(near.step));
    this.cross.setAttribute("visibility", "visible");
    const scored = nearest(this.data.evaluations, (one) => Math.abs(one.step - near.step));
    const parts = [`Step ${count(near.step)}: training loss ${decimal(near.loss)}`];
    if (scored) parts.push(`validation loss ${decimal(scored.validation_loss)} at step ${count(scored.step)}`);
    if (isNumber(near.tokens_per_second)) parts.push(`${count(near.tokens_per_second)} tokens/s`);
    this.readout.textContent = `${parts.join("; ")}.`;
  }
}

const isNumber = (value) => typeof value === "number";

function nearest(points, distance) {
  return points.reduce((least, one) => (!least || distance(one) < distance(least) ? one : least), null);
}

function line(points) {
  return points.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

// A mean that follows slowly, as single steps differ by what was in them.
function smooth(steps) {
  const keep = 1 - 1 / Math.max(1, Math.min(12, steps.length * SMOOTHED));
  let [sum, weight] = [0, 0]; // so that the first steps count no more than others
  return steps.map(({ step, loss }) => {
    [sum, weight] = [keep * sum + loss, keep * weight + 1];
    return [step, sum / weight];
  });
}

// Round numbers from about `low` to about `high`.
function round(low, high, wanted = 5) {
  const rough = (high - low || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const [from, to] = [Math.floor(low / step), Math.ceil(high / step)];
  return Array.from({ length: to - from + 1 }, (_, place) => Number(((from + place) * step).toPrecision(12)));
}

function legend() {
  const key = (name, label) => build("li", {}, build("span", { class: `key ${name}` }), label);
  return build("ul", { class: "legend" }, key("smooth", "training loss"), key("raw", "each step"), key("validation", "validation loss"));
}
