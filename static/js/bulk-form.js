// <bulk-form> gathers files, folders and ZIPs by choosing, dropping and pasting, and starts them as one batch.

import { startBatch } from "./batch-start.js";
import { fromDrop, fromList, Gathered, inWords } from "./gathering.js";

const isFileDrag = (event) => event.dataTransfer?.types.includes("Files");

class BulkForm extends HTMLElement {
  #gathered = new Gathered();
  #away = new AbortController();
  #under = 0;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.button = this.querySelector("[data-start]");
    this.form.addEventListener("change", (event) => {
      if (event.target.type !== "file") return;
      this.#add(fromList(event.target.files));
      event.target.value = "";
    });
    this.form.addEventListener("input", () => this.#show());
    this.form.addEventListener("submit", (event) => this.#start(event));
    this.querySelector("[data-clear]").addEventListener("click", () => this.#clear());
    const options = { signal: this.#away.signal };
    document.addEventListener("dragenter", (event) => this.#drag(event, 1), options);
    document.addEventListener("dragleave", (event) => this.#drag(event, -1), options);
    document.addEventListener("dragover", (event) => isFileDrag(event) && event.preventDefault(), options);
    document.addEventListener("drop", (event) => this.#drop(event), options);
    document.addEventListener("paste", (event) => this.#add(fromList(event.clipboardData?.files ?? [])), options);
    this.#show();
  }

  disconnectedCallback() {
    this.#away.abort();
  }

  #drag(event, step) {
    if (!isFileDrag(event)) return;
    this.#under = Math.max(0, this.#under + step);
    document.body.classList.toggle("dropping", this.#under > 0);
  }

  async #drop(event) {
    this.#under = 0;
    document.body.classList.remove("dropping");
    if (!isFileDrag(event)) return;
    event.preventDefault();
    this.#add(await fromDrop(event.dataTransfer));
  }

  #add(gathered) {
    if (!gathered.size && !gathered.left) return;
    this.#gathered.add(gathered);
    this.#refuse("");
    this.#show();
  }

  #clear() {
    this.#gathered = new Gathered();
    this.#refuse("");
    this.#show();
    this.querySelector("input[type=file]").focus();
  }

  #show() {
    const { size } = this.#gathered;
    const urls = this.form.elements.urls.value.trim();
    this.querySelector("[data-chosen]").textContent = size || this.#gathered.left ? inWords(this.#gathered) : "";
    this.querySelector("[data-clear]").hidden = !size && !this.#gathered.left;
    this.button.disabled = !size && !urls;
  }

  #refuse(words) {
    const place = this.querySelector("[data-refusal]");
    place.hidden = !words;
    place.querySelector("p").textContent = words;
  }

  /** Addresses alone go the way of any form; files are sent from the batch's own page. */
  async #start(event) {
    if (!this.#gathered.size) return;
    event.preventDefault();
    if (this.button.disabled) return;
    this.button.disabled = true;
    const { csrfmiddlewaretoken, photos, archive, ...fields } = Object.fromEntries(new FormData(this.form));
    try {
      await startBatch(this.#gathered, this.form.action, csrfmiddlewaretoken, fields);
    } catch (refusal) {
      this.#refuse(refusal.message);
      this.button.disabled = false;
    }
  }
}

customElements.define("bulk-form", BulkForm);
