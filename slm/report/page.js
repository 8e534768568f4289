"use strict";
// What the page gains with JavaScript: values under the pointer, buttons beside the strips, all details in print.
// Everything is there without it too.

const number = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en-GB");

function nearest(rows, step) {
  return rows.reduce((best, row) => (!best || Math.abs(row[0] - step) < Math.abs(best[0] - step) ? row : best), null);
}

function reading(curve, row) {
  const [step, loss, rate, tokens] = row;
  const parts = [`Step ${whole.format(step)}`, `training loss ${loss.toFixed(3)}`];
  const estimate = nearest(curve.evaluations, step);
  if (estimate && estimate[2] !== null) {
    parts.push(`validation loss ${estimate[2].toFixed(3)} (estimated at step ${whole.format(estimate[0])})`);
  }
  if (rate !== null) parts.push(`learning rate ${number.format(rate)}`);
  if (tokens !== null) parts.push(`${whole.format(tokens)} tokens seen`);
  return parts.join(" · ");
}

function follow(plot) {
  const curve = JSON.parse(plot.dataset.curve);
  const readout = plot.parentElement.querySelector(".readout");
  const resting = readout.textContent;
  const lines = plot.querySelectorAll("line.cross");
  if (!curve.points.length) return;
  let at = curve.points.length - 1;

  function show(row) {
    at = curve.points.indexOf(row);
    for (const line of lines) {
      for (const end of ["x1", "x2"]) line.setAttribute(end, `${(100 * row[0]) / curve.high}%`);
    }
    plot.classList.add("live");
    readout.textContent = reading(curve, row);
  }
  function rest() {
    plot.classList.remove("live");
    readout.textContent = resting;
  }
  plot.addEventListener("pointermove", (event) => {
    const box = plot.querySelector("svg").getBoundingClientRect();
    show(nearest(curve.points, ((event.clientX - box.left) / box.width) * curve.high));
  });
  plot.addEventListener("pointerleave", rest);
  plot.addEventListener("blur", rest);
  plot.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    show(curve.points[Math.min(curve.points.length - 1, Math.max(0, at + move))]);
  });
  plot.tabIndex = 0;
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-label", "Curves; the arrow keys read the values step by step");
  readout.setAttribute("aria-live", "polite");
}

function browse(strip) {
  const bar = document.createElement("div");
  bar.className = "browse";
  const buttons = [["Earlier", -1], ["Later", 1]].map(([label, way]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      const card = strip.querySelector("li").getBoundingClientRect().width;
      const shown = Math.max(1, Math.floor(strip.clientWidth / card));
      strip.scrollBy({ left: way * shown * (card + 18) });
    });
    bar.append(button);
    return button;
  });
  function update() {
    const room = strip.scrollWidth - strip.clientWidth;
    bar.hidden = room < 2;
    buttons[0].disabled = strip.scrollLeft < 2;
    buttons[1].disabled = strip.scrollLeft > room - 2;
  }
  strip.after(bar);
  strip.addEventListener("scroll", update, { passive: true });
  new ResizeObserver(update).observe(strip);
}

document.querySelectorAll(".plot").forEach(follow);
document.querySelectorAll(".strip").forEach(browse);

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  opened.forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
