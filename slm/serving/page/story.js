// One story on the page: its tokens as they come, and what else could have stood in the place of each.

import { build } from "./elements.js";
import { canFollow, isEnd, partsOf, surprise } from "./tokens.js";
import { percent, spoken, visible } from "./wording.js";

const SHOWN = 8; // likely tokens
const HOVER = 120; // milliseconds: a mouse on its way to somewhere else opens nothing

export class Story {
  // `title` names it; `choose(story, place, token)` is called when another token is picked for a place, `goOn(story)`
  // by the button that continues.
  constructor(title, opening, { choose, goOn }) {
    this.opening = opening;
    this.parts = [];
    this.choose = choose;
    this.active = -1;
    this.begun = build("span", { class: "begun" }, opening);
    this.tokens = build("span", { class: "tokens" });
    this.text = build(
      "p",
      {
        class: "written", tabindex: "0", role: "group", "aria-roledescription": "story", "aria-live": "polite",
        "aria-label": `${title}: the arrow keys go from word to word, Enter opens what else was likely`,
      },
      this.begun, this.tokens,
    );
    this.end = build("p", { class: "hint end" });
    this.onwards = build("button", { type: "button", class: "small", hidden: true, onclick: () => goOn(this) }, "Continue");
    this.panel = build("div", { class: "likely", role: "group", "aria-label": "Likely here", hidden: true });
    this.spoken = build("p", { class: "hidden", role: "status" });
    this.element = build(
      "article", { class: "story", "aria-label": title },
      this.text, this.panel, this.spoken, build("div", { class: "below" }, this.end, this.onwards),
    );
    this.#listen();
  }

  get written() {
    return this.opening + this.parts.map((part) => part.text).join("");
  }

  begin() {
    this.text.setAttribute("aria-busy", "true"); // read out when it is whole, not token by token
    this.end.textContent = "";
    this.end.classList.remove("cut");
    this.onwards.hidden = true;
  }

  push(text, logprobs) {
    for (const part of partsOf(text, logprobs)) {
      const span = build("span", { class: `token s${surprise(part.probability)}` }, part.text);
      span.dataset.place = this.parts.length;
      this.parts.push(part);
      this.tokens.append(span);
    }
  }

  finish(message, { more = true, cut = false } = {}) {
    this.text.setAttribute("aria-busy", "false");
    this.end.textContent = message;
    this.end.classList.toggle("cut", cut);
    this.onwards.hidden = !more;
  }

  // Go back to before a place, and take another token there.
  turn(place, token) {
    const [{ likely }] = this.parts.splice(place);
    [...this.tokens.children].slice(place).forEach((span) => span.remove());
    const { probability } = likely.find(({ text }) => text === token);
    this.parts.push({ text: token, likely, probability, whole: true });
    const span = build("span", { class: "token chosen" }, token);
    span.dataset.place = place;
    this.tokens.append(span);
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.panel.hidden = true;
    this.#light(-1);
  }

  #listen() {
    this.tokens.addEventListener("pointerover", (event) => this.#hover(event));
    this.tokens.addEventListener("click", (event) => {
      const place = placeOf(event);
      if (place >= 0 && !String(getSelection())) this.#open(place);
    });
    this.element.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && !this.panel.contains(document.activeElement)) this.close();
    });
    this.text.addEventListener("keydown", (event) => this.#walk(event));
    this.panel.addEventListener("keydown", (event) => this.#choosing(event));
    this.element.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.element.contains(event.relatedTarget)) this.close();
    });
  }

  #hover(event) {
    clearTimeout(this.timer);
    const place = placeOf(event);
    if (event.pointerType !== "mouse" || place < 0 || event.buttons) return;
    this.timer = setTimeout(() => this.#open(place), HOVER);
  }

  #walk(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (event.key in steps && this.parts.length) {
      const next = Math.min(this.parts.length - 1, Math.max(0, this.active + steps[event.key]));
      this.#open(next);
      const [part] = this.parts.slice(next);
      this.spoken.textContent = `${spoken(part.text)}${part.probability === null ? "" : `, ${percent(part.probability)}`}`;
      event.preventDefault();
    } else if (["Enter", "ArrowDown"].includes(event.key) && !event.ctrlKey && !event.metaKey && !this.panel.hidden) {
      this.panel.querySelector("button:not(:disabled)")?.focus();
      event.preventDefault();
    } else if (event.key === "Escape" && !this.panel.hidden) {
      this.close();
      event.stopPropagation();
    }
  }

  #choosing(event) {
    if (event.key === "Escape") {
      this.close();
      this.text.focus();
      event.stopPropagation();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...this.panel.querySelectorAll("button:not(:disabled)")];
    buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
    event.preventDefault();
  }

  #light(place) {
    this.tokens.children[this.active]?.classList.remove("active");
    this.active = place;
    this.tokens.children[place]?.classList.add("active");
  }

  #open(place) {
    const part = this.parts[place];
    this.#light(place);
    const said = part.probability === null ? "" : `, ${percent(part.probability)}`;
    const list = build("ol", {}, ...part.likely.slice(0, SHOWN).map((next) => this.#offer(place, part, next)));
    const head = build("p", { class: "hint" }, "Here came ", build("b", {}, visible(part.text)), said);
    const none = build("p", { class: "hint" }, "The server told no others.");
    this.panel.replaceChildren(head, part.likely.length ? list : none);
    this.panel.hidden = false;
    this.#stand(this.tokens.children[place]);
  }

  #offer(place, part, { text, probability }) {
    const [share, end] = [percent(probability), isEnd(text)];
    const button = build(
      "button",
      {
        type: "button", disabled: !canFollow(text) || text === part.text,
        "aria-label": `${end ? "the end of the story" : spoken(text)}, ${share}`,
        onclick: () => this.choose(this, place, text),
      },
      build("span", { class: "name" }, end ? "the end" : visible(text)), build("span", { class: "share" }, share),
    );
    if (text === part.text) button.classList.add("came");
    button.style.setProperty("--share", probability);
    return build("li", {}, button);
  }

  // Under its token, or over it where the window ends; never over the edge.
  #stand(span) {
    const box = this.element.getBoundingClientRect();
    const lines = span.getClientRects(); // a token may begin at the end of a line
    const at = lines[lines.length - 1];
    const left = Math.min(at.left - box.left, box.width - this.panel.offsetWidth - 8);
    this.panel.style.left = `${Math.max(8, left)}px`;
    const above = at.bottom + this.panel.offsetHeight > innerHeight && at.top > this.panel.offsetHeight;
    this.panel.style.top = `${(above ? at.top - this.panel.offsetHeight : at.bottom) - box.top}px`;
  }
}

function placeOf(event) {
  const place = event.target.closest?.(".token")?.dataset.place;
  return place === undefined ? -1 : Number(place);
}
