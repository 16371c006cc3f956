// <drop-zone> makes its form instant: choose, drop anywhere on the page, or paste. One photo gets a row and then its
// page; more than one, a folder or a ZIP become a batch.

import { startBatch } from "./batch-start.js";
import { fromDrop, fromList, Gathered } from "./gathering.js";
import { persistently } from "./persistent.js";
import { Queue } from "./queue.js";
import { send } from "./send.js";

const AWAY = "The server is not reached. Your photo is still here, and is sent as soon as the connection is back.";
const NEEDS_ACCOUNT = new Set(["insufficient_credits", "guest_limit", "batch_too_large"]);
const isFileDrag = (event) => event.dataTransfer?.types.includes("Files");

/** A short text from an element that was dropped or pasted: the address of a picture, or nothing. */
function addressIn(data) {
  const text = (data?.getData("text/uri-list") || data?.getData("text/plain") || "").trim();
  return /^https?:\/\/\S+$/i.test(text) ? text : "";
}

class Row {
  constructor(list, name) {
    this.item = document.createElement("li");
    this.item.className = "upload";
    this.name = this.#part("span", "name", name);
    this.words = this.#part("span", "words", "Waiting");
    this.bar = document.createElement("progress");
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `Sending ${name}`);
    this.item.append(this.name, this.words, this.bar);
    list.hidden = false;
    list.append(this.item);
  }

  #part(tag, className, text) {
    const part = document.createElement(tag);
    part.className = className;
    part.textContent = text;
    return part;
  }

  sent(share) {
    this.item.querySelector(".why")?.remove();
    this.bar.value = share;
    this.words.setAttribute("aria-hidden", share < 1); // the list is read out as it changes: not at every percent
    this.words.textContent = share < 1 ? `${Math.round(share * 100)} %` : "Checking";
  }

  away() {
    if (this.item.querySelector(".why")) return;
    this.bar.value = 0;
    this.words.removeAttribute("aria-hidden");
    this.words.textContent = "Waiting";
    this.item.append(this.#part("p", "why", AWAY));
  }

  done(url) {
    this.item.classList.add("done");
    this.bar.remove();
    this.words.removeAttribute("aria-hidden");
    this.words.textContent = "In work";
    const link = this.#part("a", "name", this.name.textContent);
    link.href = url;
    this.name.replaceWith(link);
  }

  refused(why, signUp) {
    this.item.classList.add("failed");
    this.item.querySelector(".why")?.remove();
    this.bar.remove();
    this.words.textContent = "Not taken";
    const reason = this.#part("p", "why", why);
    if (signUp) {
      const link = this.#part("a", "", "Sign up");
      link.href = signUp;
      reason.append(" ", link);
    }
    this.item.append(reason);
  }
}

class DropZone extends HTMLElement {
  #queue = new Queue();
  #away = new AbortController();
  #under = 0;
  #sending = 0;
  #made = []; // addresses of photos that were taken while others were on their way

  connectedCallback() {
    this.form = this.querySelector("form");
    this.list = this.querySelector(".uploads");
    this.form.addEventListener("submit", (event) => this.#submitted(event));
    for (const input of this.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => {
        this.#take(fromList([...input.files]));
        input.value = "";
      });
    }
    const options = { signal: this.#away.signal };
    for (const kind of ["dragenter", "dragleave", "dragover", "drop", "paste"]) {
      document.addEventListener(kind, (event) => this[kind](event), options);
    }
  }

  disconnectedCallback() {
    this.#away.abort();
  }

  dragenter(event) {
    if (!isFileDrag(event)) return;
    this.#under += 1;
    document.body.classList.add("dropping");
  }

  dragleave(event) {
    if (!isFileDrag(event)) return;
    this.#under = Math.max(0, this.#under - 1);
    if (!this.#under) document.body.classList.remove("dropping");
  }

  dragover(event) {
    if (this.#isElsewhere(event)) return;
    if (isFileDrag(event) || event.dataTransfer?.types.includes("text/uri-list")) event.preventDefault();
  }

  async drop(event) {
    this.#under = 0;
    document.body.classList.remove("dropping");
    if (this.#isElsewhere(event)) return;
    const address = isFileDrag(event) ? "" : addressIn(event.dataTransfer);
    if (!isFileDrag(event) && !address) return;
    event.preventDefault();
    if (address) this.#take(new Gathered(), address);
    else this.#take(await fromDrop(event.dataTransfer));
  }

  /** On a field for a file of something else, as a background: that takes it. */
  #isElsewhere({ target }) {
    return target.matches?.("input[type=file]") && !this.contains(target);
  }

  paste(event) {
    if (event.target.matches?.("input, textarea")) return;
    const gathered = fromList(event.clipboardData?.files ?? []);
    this.#take(gathered, gathered.size ? "" : addressIn(event.clipboardData));
  }

  #submitted(event) {
    const address = this.form.elements.url.value.trim();
    event.preventDefault();
    if (address) this.#take(new Gathered(), address);
    else this.form.elements.url.focus();
  }

  async #take(gathered, address = "") {
    const [name, fields] = address ? [address, { url: address }] : [gathered.files[0]?.file.name, { photos: gathered.files[0]?.file }];
    this.list.replaceChildren(...this.list.querySelectorAll(".upload:not(.failed)"));
    if (gathered.isBatch) await this.#start(gathered);
    else if (name) await this.#one(name, fields);
  }

  /** To the photo's page, or to the gallery when more came meanwhile: who leaves earlier cuts these off. */
  async #one(name, fields) {
    this.#sending += 1;
    const answer = await this.#send(name, fields);
    this.#sending -= 1;
    if (answer) this.#made.push(answer.url);
    if (this.#sending || !this.#made.length || this.list.querySelector(".failed")) return;
    const [url, ...others] = this.#made.splice(0);
    location.assign(others.length ? this.dataset.gallery : url);
  }

  async #start(gathered) {
    const row = new Row(this.list, gathered.size === 1 ? "1 file" : `${gathered.size} files`);
    if (!gathered.size) return row.refused("There are no pictures in this folder.");
    try {
      await persistently(() => startBatch(gathered, this.dataset.bulk, this.#token), () => row.away());
    } catch (refusal) {
      row.refused(refusal.message, NEEDS_ACCOUNT.has(refusal.code) && this.dataset.signUp);
    }
  }

  get #token() {
    return this.form.elements.csrfmiddlewaretoken.value;
  }

  async #send(name, fields) {
    const row = new Row(this.list, name);
    try {
      const sending = () => send(this.form.action, fields, this.#token, (share) => row.sent(share));
      const answer = await this.#queue.add(() => persistently(sending, () => row.away()));
      row.done(answer.url);
      return answer;
    } catch (refusal) {
      row.refused(refusal.message, NEEDS_ACCOUNT.has(refusal.code) && this.dataset.signUp);
      return null;
    }
  }
}

customElements.define("drop-zone", DropZone);
