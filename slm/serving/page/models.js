// A choice among the models of the server.

import { build } from "./elements.js";

// Fills a <select>; what was chosen stays chosen while it is there, else `preferred` is.
export function chooseModel(select, models, preferred) {
  const before = select.value;
  select.replaceChildren(...models.map(({ name }) => build("option", { value: name }, name)));
  const names = models.map(({ name }) => name);
  select.value = names.includes(before) ? before : (preferred?.name ?? names[0] ?? "");
  select.disabled = models.length < 2;
}
