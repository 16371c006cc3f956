// The window around the picture: buttons, revisions, help, notices, the state of saving.

import { KEYS } from "./keys.js";

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });

export class Frame {
  constructor(root, run) {
    this.root = root;
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-command], [data-view]");
      if (button) run(button.dataset.command ?? `view:${button.dataset.view}`);
    });
    this.of("panel-switch").addEventListener("click", () => this.#openPanel(!this.of("mask-panel").classList.contains("open")));
    this.of("keys").append(...help());
  }

  of(id) {
    return this.root.querySelector(`#${id}`);
  }

  has(command) {
    return this.root.querySelector(`[data-command="${command}"]`) !== null;
  }

  press(attribute, value) {
    for (const button of this.root.querySelectorAll(`[data-${attribute}]`)) {
      if (attribute === "view" || button.dataset.command.startsWith("tool:")) {
        button.setAttribute("aria-pressed", String(button.dataset[attribute] === value));
      }
    }
  }

  toggled(command, on) {
    this.root.querySelector(`[data-command="${command}"]`).setAttribute("aria-pressed", String(on));
  }

  enable(command, on) {
    for (const button of this.root.querySelectorAll(`button[data-command="${command}"]`)) button.disabled = !on;
  }

  status({ kind, words }) {
    this.of("state").dataset.kind = kind;
    this.of("state-words").textContent = words;
  }

  /** Something takes a while: what, and how much of it is done (0..1) where that is known. */
  loading(words, part = null) {
    this.of("loading").hidden = !words;
    if (this.of("loading-words").textContent !== words) this.of("loading-words").textContent = words ?? "";
    this.progress(part);
  }

  progress(part) {
    const bar = this.of("loading").querySelector("progress");
    if (part) bar.value = part;
    else bar.removeAttribute("value");
  }

  /** Where the pointer is, or how large the picture. */
  place(pointed, { width, height }) {
    this.of("place").textContent = pointed ? `${Math.floor(pointed.x)}, ${Math.floor(pointed.y)} px` : `${width} × ${height} px`;
  }

  /** For screen readers, and beside the state for all. */
  spoken(words) {
    this.of("spoken").textContent = words;
  }

  /** What can be done with a selection. */
  choices(shown) {
    this.of("choices").hidden = !shown;
  }

  /** Something that wants an answer: words, and buttons as [words, what to do] or [words, address]. */
  notice(words, ...actions) {
    const notice = this.of("notice");
    notice.hidden = !words;
    this.of("notice-words").textContent = words ?? "";
    this.of("notice-actions").replaceChildren(...actions.map((action) => this.#action(...action)));
  }

  #action(words, act) {
    const element = document.createElement(typeof act === "string" ? "a" : "button");
    element.className = "button small";
    element.textContent = words;
    if (typeof act === "string") element.href = act;
    else element.addEventListener("click", () => (this.notice(null), act()));
    return element;
  }

  /** On a phone the settings lie over the picture: drawing puts them away. */
  closePanel() {
    this.#openPanel(false);
  }

  #openPanel(open) {
    this.of("mask-panel").classList.toggle("open", open);
    this.of("panel-switch").setAttribute("aria-expanded", String(open));
  }

  /** The saved revisions, the newest first. */
  revisions(state, choose) {
    const rows = state.revisions.toReversed().map((revision) => {
      const row = document.createElement("li"), button = document.createElement("button"), time = document.createElement("time");
      button.type = "button";
      button.append(revision.number ? `Revision ${revision.number}` : "The model's own", time);
      time.dateTime = revision.created;
      time.textContent = WHEN.format(new Date(revision.created));
      button.setAttribute("aria-current", String(revision.number === state.head));
      button.addEventListener("click", () => choose(revision.number));
      row.append(button);
      return row;
    });
    this.of("revisions").replaceChildren(...rows);
  }

  toggleHistory() {
    const history = this.of("history");
    history.open = !history.open;
    history.querySelector(history.open ? "#revisions button" : "summary")?.focus();
  }

  closeHistory() {
    this.of("history").open = false;
  }

  toggleHelp() {
    const dialog = this.of("help");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }
}

/** The help's sections, from the table of keys. */
function help() {
  const sections = [];
  for (const [keys, , words] of KEYS) {
    if (words === undefined) {
      const section = document.createElement("section"), head = document.createElement("h3");
      head.textContent = keys;
      section.append(head, document.createElement("dl"));
      sections.push(section);
      continue;
    }
    const term = document.createElement("dt"), meaning = document.createElement("dd");
    for (const key of keys.split(" ")) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      if (term.childNodes.length) term.append(" ");
      term.append(cap);
    }
    meaning.textContent = words;
    sections.at(-1).lastChild.append(term, meaning);
  }
  return sections;
}
