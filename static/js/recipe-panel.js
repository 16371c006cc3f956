// <recipe-panel> shows every change of its form at once, keeps it with the photo, and says what went wrong in its
// place. The server knows what the fields mean: the form is sent as it is.

import { Latest } from "./latest.js";

const QUIET = 90; // ms without a change until a preview is asked for
const KEEP = 600; // ms until it is kept
const SLOW = 1000; // ms until a preview that is not there is spoken of
const GONE = "This photo is not here any more. It was deleted, or its time is over.";
const OFFLINE = "The server is not reached. Your settings are on this page: it goes on trying.";

const groups = new Map(); // id -> whether it is open, as it was last left

class RecipePanel extends HTMLElement {
  #previews = new Latest();
  #away = new AbortController();
  #timers = {};
  #keeping = Promise.resolve();
  #unkept = false;

  connectedCallback() {
    this.#away = new AbortController();
    const { signal } = this.#away;
    this.form = this.querySelector("#recipe-form");
    this.picture = document.getElementById("picture");
    this.stage = this.picture.closest("zoom-stage");
    const own = (event) => event.target.form === this.form && event.target.type !== "file";
    document.addEventListener("input", (event) => own(event) && this.#changed(event.target), { signal });
    document.addEventListener("change", (event) => own(event) && this.#changed(event.target), { signal });
    addEventListener("pagehide", () => this.#keepNow(true), { signal });
    addEventListener("online", () => this.#show(), { signal });
    for (const input of this.querySelectorAll("input[type=range]")) this.#tell(input);
    this.#keepGroups(signal);
    if ((this.picture.dataset.recipe ??= this.dataset.recipe) !== this.dataset.recipe) this.#show();
  }

  disconnectedCallback() {
    this.#previews.stop();
    this.#away.abort();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
  }

  /** Whether what is tried differs from what the photo was made with. */
  get isChanged() {
    return this.dataset.recipe !== this.dataset.own;
  }

  #changed(field) {
    if (field.type === "range") this.#tell(field);
    this.#after("show", QUIET, () => this.#show());
    this.#unkept = true;
    this.#after("keep", KEEP, () => this.#keepNow());
  }

  #after(name, ms, action) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(action, ms);
  }

  #tell(input) {
    const output = input.parentElement.querySelector("output");
    const value = Math.round(Number(input.value) * 10) / 10;
    output.value = `${value}${output.dataset.unit}`;
    input.setAttribute("aria-valuetext", output.value);
  }

  get #query() {
    const query = new URLSearchParams(new FormData(this.form));
    query.delete("csrfmiddlewaretoken");
    query.set("r", this.dataset.revision);
    return query;
  }

  /** Groups stay open or shut when the server sends the panel anew, but for one in which something was refused. */
  #keepGroups(signal) {
    for (const [id, open] of groups) {
      const group = document.getElementById(id);
      if (group && !group.querySelector("[aria-invalid]")) group.open = open;
    }
    this.addEventListener("toggle", ({ target }) => groups.set(target.id, target.open), { signal, capture: true });
  }

  // --- The preview ---

  async #show() {
    this.#after("slow", SLOW, () => this.#busy(true));
    try {
      const response = await this.#previews.get(`${this.dataset.preview}?${this.#query}`);
      if (!response) return;
      await this.#put(await response.blob(), response.headers);
      this.#complain(null);
    } catch (refusal) {
      if (refusal.name === "AbortError") return;
      this.#complain(refusal);
    }
    clearTimeout(this.#timers.slow);
    this.#busy(false);
  }

  async #put(blob, headers) {
    const picture = new Image();
    const address = URL.createObjectURL(blob);
    picture.src = address;
    await picture.decode();
    const after = this.picture.querySelector(".after");
    const old = after.src;
    after.src = address;
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
    this.dataset.recipe = this.picture.dataset.recipe = headers.get("X-Recipe");
    const [width, height] = headers.get("X-Size").split("x").map(Number);
    this.stage.show(width, height, this.isChanged ? "" : this.dataset.file);
    this.#before(Boolean(headers.get("X-Comparable")));
    this.#facts(`${width} × ${height}`, headers.get("X-Format"));
    this.dispatchEvent(new CustomEvent("previewed", { bubbles: true }));
  }

  #before(comparable) {
    this.picture.classList.toggle("no-before", !comparable);
    for (const part of this.picture.querySelectorAll(".before, input")) part.hidden = !comparable;
  }

  #facts(size, format) {
    const all = (selector) => document.querySelectorAll(selector);
    for (const place of all("[data-size]")) place.textContent = size;
    for (const place of all("[data-format]")) place.textContent = format;
    for (const place of all("[data-own-facts], [data-own-file]")) place.hidden = this.isChanged;
    for (const place of all("[data-make-file], [data-when-changed]")) place.hidden = !this.isChanged;
    for (const input of all("input[data-recipe]")) input.value = this.dataset.recipe;
  }

  #busy(is) {
    document.querySelector("[data-stage-busy]").hidden = !is;
    const state = this.querySelector("[data-panel-state]");
    if (is) state.textContent = "The preview is being made";
    else if (state.textContent === "The preview is being made") state.textContent = "";
  }

  /** Says why there is no preview, at the field that is to blame; null takes it back. */
  #complain(refusal) {
    const place = this.querySelector("[data-panel-error]");
    for (const field of this.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.closest(".refused")?.classList.remove("refused");
    }
    place.hidden = !refusal;
    if (!refusal) return;
    const offline = refusal.status === undefined;
    if (offline) this.#after("show", 3000, () => this.#show());
    place.dataset.code = offline ? "offline" : refusal.code;
    place.querySelector("p").textContent = offline ? OFFLINE : refusal.code === "not_found" ? GONE : refusal.message;
    const field = refusal.field && this.querySelector(`#field-${CSS.escape(refusal.field)}`);
    if (!field) return;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", place.id);
    field.parentElement.classList.add("refused");
  }

  // --- What is tried is kept ---

  #keepNow(leaving = false) {
    if (!this.#unkept) return;
    this.#unkept = false;
    clearTimeout(this.#timers.keep);
    const body = new FormData(this.form);
    const options = { method: "POST", body, headers: { Accept: "application/json" }, keepalive: leaving };
    const send = () => fetch(this.form.action, options).catch(() => (this.#unkept = true));
    // One after the other, so that an older one never comes last.
    this.#keeping = leaving ? send() : this.#keeping.then(send);
  }
}

customElements.define("recipe-panel", RecipePanel);
