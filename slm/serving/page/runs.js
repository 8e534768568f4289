// The view Runs: the run folders of the machine, and one of them as it trains.

import { build, element, show, tell } from "./elements.js";
import { RunPage } from "./run.js";
import { askJson, connection } from "./server.js";
import { count, decimal } from "./wording.js";

const LIVE = 2_000; // between two looks at a run that trains
const LIST = 6_000; // and at the list

export function startRuns() {
  let shown = null; // the run that is open
  let wanted = "";
  let entered = false;
  let timers = [];
  let there = true;

  connection.addEventListener("lost", () => (there = false));
  connection.addEventListener("back", () => (there = true));

  async function list() {
    try {
      const { runs } = await askJson("api/runs");
      show("runs-empty", !runs.length);
      fill(runs);
      return runs;
    } catch (error) {
      if (!error.cut) tell("runs-error", error.message);
      return [];
    }
  }

  function fill(runs) {
    const held = document.activeElement?.dataset?.run;
    element("run-list").replaceChildren(...runs.map(entry));
    mark();
    if (held !== undefined) [...element("run-list").children].find(({ dataset }) => dataset.run === held)?.focus();
  }

  function mark() {
    for (const link of element("run-list").children) {
      if (link.dataset.run === shown?.name) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  async function open(name) {
    const page = new RunPage(name);
    try {
      await page.load();
    } catch (error) {
      if (!error.cut) tell("runs-error", error.message);
      return;
    }
    if (name !== (wanted || name)) return; // another one was chosen meanwhile
    shown = page;
    element("run").replaceChildren(page.element);
    show("run", true);
    mark();
  }

  async function enter(name) {
    leave();
    entered = true;
    wanted = name;
    tell("runs-error", "");
    const runs = await list();
    if (!entered || wanted !== name) return;
    const first = name || runs[0]?.name;
    if (!first) {
      show("run", false);
      shown = null;
    } else if (first !== shown?.name) {
      await open(first);
    }
    if (!entered || wanted !== name) return;
    timers = [every(LIST, list), every(LIVE, () => shown?.refresh())];
  }

  // Looks again and again, never twice at once, and not while nobody sees it or the server is away.
  function every(pause, look) {
    let on = true;
    const turn = async () => {
      if (!on) return;
      if (there && !document.hidden) await Promise.resolve(look()).catch(() => {});
      if (on) setTimeout(turn, pause);
    };
    setTimeout(turn, pause);
    return () => (on = false);
  }

  function leave() {
    entered = false;
    timers.forEach((stop) => stop());
    timers = [];
  }

  return { enter, leave, back: () => !element("runs-view").hidden && enter(wanted) };
}

function entry(run) {
  const loss = run.best_validation_loss;
  const parts = [
    `step ${count(run.steps)}`, typeof loss === "number" && `loss ${decimal(loss)}`,
    typeof run.bits_per_byte === "number" && `${decimal(run.bits_per_byte)}\u00a0bits/byte`,
  ];
  return build(
    "a", { href: `#runs/${encodeURIComponent(run.name)}`, "data-run": run.name },
    build("span", { class: "line" }, build("b", {}, run.name), build("span", { class: `badge ${run.state}` }, run.state)),
    build("span", { class: "hint" }, run.state === "unreadable" ? "its run.json cannot be read" : parts.filter(Boolean).join(" · ")),
  );
}
