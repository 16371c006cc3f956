// Loads and saves. Every failure is an ApiError with a code, so that the page can say what was kept and what to do.

import { Foreground } from "./foreground.js";
import { Likeness } from "./mask.js";
import { readGrey } from "./png16.js";

const ASK_AGAIN = 200; // ms between two questions for an answer that is not there
const PATIENCE = 45_000; // ms that an answer may take

class ApiError extends Error {
  constructor(code, message, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** It may work in a while: no connection, too many requests, trouble at the server. */
  get isPassing() {
    return this.code === "offline" || this.status === 429 || this.status >= 500;
  }

  /** Signed out, or the photo is gone: the server answers both alike. */
  get isLocked() {
    return this.status === 403 || this.status === 404;
  }
}

export class Api {
  constructor(root, csrf, workerClient) {
    this.root = root;
    this.csrf = csrf;
    this.workerClient = workerClient; // which reads large masks
  }

  state() {
    return this.#json("GET", "");
  }

  keepDraft(base, strokes, version) {
    return this.#json("PUT", "/draft", { base_revision: base, strokes, draft_version: version });
  }

  save(base, strokes, head) {
    return this.#json("POST", "/save", { base_revision: base, strokes, head });
  }

  choose(revision, head) {
    return this.#json("POST", "/current", { revision, head });
  }

  again() {
    return this.#json("POST", "/again", {});
  }

  /** { width, height, levels } of a revision. */
  async levels(url) {
    return this.workerClient.read(await (await this.#ask("GET", url)).arrayBuffer());
  }

  /** The foreground's colours at the edges of a revision. */
  async foreground(url) {
    const picture = await createImageBitmap(await (await this.#ask("GET", url)).blob());
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    const { width, height, data } = context.getImageData(0, 0, picture.width, picture.height);
    picture.close();
    return new Foreground(width, height / 2, data);
  }

  async photo() {
    const answer = await this.#ask("GET", `${this.root}/photo`);
    return createImageBitmap(await answer.blob());
  }

  /** What a smart stroke covers. */
  async smart(stroke) {
    const answer = await this.#answered("/smart", { stroke }, "The smart brush got no answer. The worker may be busy or away; try again.");
    const [left, top, width, height] = answer.headers.get("X-Box").split(",").map(Number);
    if (!width || !height) return new Likeness(0, 0, 0, 0, new Uint8Array());
    const { levels } = await readGrey(await answer.arrayBuffer());
    return new Likeness(left, top, width, height, Uint8Array.from(levels, (level) => level >> 8));
  }

  /** The rings around what { points, box } point at. */
  async pick(prompt) {
    const answer = await this.#answered("/pick", prompt, "No answer came. The worker may be busy or away; try again.");
    return (await answer.json()).rings;
  }

  /** Asks again until a worker has answered. */
  async #answered(path, body, otherwise) {
    for (const since = performance.now(); performance.now() - since < PATIENCE; await pause(ASK_AGAIN)) {
      const answer = await this.#ask("POST", this.root + path, body).catch(unlessBusy);
      if (answer && answer.status !== 202) return answer;
    }
    throw new ApiError("slow", otherwise);
  }

  async #json(method, path, body) {
    return (await this.#ask(method, this.root + path, body)).json();
  }

  async #ask(method, url, body) {
    const headers = { Accept: "application/json, image/png, image/*" };
    if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": this.csrf });
    let answer;
    try {
      answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: "same-origin" });
    } catch {
      throw new ApiError("offline", "The server cannot be reached.");
    }
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({}));
    throw new ApiError(said.code ?? "failed", said.detail ?? `The server answered ${answer.status}.`, answer.status);
  }
}

/** Asked too often: the next question comes a moment later. */
function unlessBusy(error) {
  if (error.code !== "rate_limited") throw error;
  return pause(1000);
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
