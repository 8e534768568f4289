// The page: which view is shown, which models there are, whether the server is there.

import { startAsk } from "./ask.js";
import { startCompare } from "./compare.js";
import { element, show, tell } from "./elements.js";
import { startRuns } from "./runs.js";
import { askJson, connection, hasKey, setKey } from "./server.js";
import { startTheme } from "./theme.js";
import { startWrite } from "./write.js";

const SAID_BACK = 5_000; // how long the good news stays

startTheme(element("theme"));
const views = { write: startWrite(), ask: startAsk(), compare: startCompare(), runs: startRuns() };

// Views by the address: #write, #runs/quick

function route() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  const chosen = Object.hasOwn(views, name) ? name : "write";
  for (const view of Object.keys(views)) {
    show(`${view}-view`, view === chosen); // not the name itself: browsers scroll to what an address names
    const link = document.querySelector(`[data-view="${view}"]`);
    if (view === chosen) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (view !== chosen) views[view].leave?.();
  }
  document.title = `${element(`${chosen}-title`).textContent} · slm`;
  views[chosen].enter?.(decoded(rest.join("/")));
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // an address that somebody mistyped
  }
}

addEventListener("hashchange", route);
element("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the view
  element("main").focus();
});
document.addEventListener("keydown", (event) => {
  const view = views[Object.keys(views).find((name) => !element(`${name}-view`).hidden)];
  if (event.key === "Escape") view.stop?.();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) view.start?.();
});

// Models

async function loadModels() {
  try {
    const answer = await askJson("api/models");
    const models = Array.isArray(answer) ? answer : (answer.models ?? answer.data ?? []);
    for (const view of Object.values(views)) view.models?.(models);
    tell("connection", models.length ? "" : "The server holds no model yet. slm serve NAME gives it one.");
  } catch (error) {
    if (!error.cut && error.status !== 401) tell("connection", `The models cannot be listed: ${error.message}`);
  }
}

// The server: gone, back, or closed

connection.addEventListener("lost", () => {
  element("connection").dataset.state = "lost";
  tell("connection", "The server does not answer. Looking for it…");
});
connection.addEventListener("back", async () => {
  element("connection").dataset.state = "back";
  tell("connection", "The server is back.");
  const said = element("connection").textContent;
  setTimeout(() => element("connection").textContent === said && tell("connection", ""), SAID_BACK);
  await reload();
  if (!element("connection").textContent) tell("connection", said);
});
connection.addEventListener("key", () => {
  show("key-wrong", hasKey());
  if (!element("key-dialog").open) element("key-dialog").showModal();
});
element("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setKey(element("key").value.trim());
  element("key").value = "";
  element("key-dialog").close();
  reload();
});

async function reload() {
  await loadModels();
  for (const view of Object.values(views)) view.back?.();
}

route();
loadModels();
