// Elements of the page. Text goes in as text only: nothing here reads markup.

export const element = (id) => document.getElementById(id);

// build("p", { class: "hint", onclick: f, "aria-label": "..." }, "text", node, null): strings become text nodes.
export function build(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

// The same for pictures.
export function draw(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function show(id, shown) {
  element(id).hidden = !shown;
}

// A message under an id, or none.
export function tell(id, text) {
  element(id).textContent = text ?? "";
  element(id).hidden = !text;
}
