// Where work on a whole mask is done: in a worker, so that the page goes on; here when the picture is so small that
// nobody notices, or where browsers have no module workers.

import { Patch } from "./mask.js";
import { WORK } from "./worker-tasks.js";

const LARGE = 1e6; // px from which the way to a worker is worth it

export class WorkerClient {
  /** For masks of width × height. */
  constructor({ width, height }, makeWorker = madeWorker) {
    this.isLarge = width * height >= LARGE;
    this.makeWorker = makeWorker;
    this.worker = undefined; // null where there is none
    this.waiting = new Map(); // id -> { resolve, reject, tell }
    this.last = 0;
  }

  /** { width, height, levels } of a PNG; its buffer is given away. */
  read(buffer) {
    return this.#done("read", { buffer }, [buffer]);
  }

  /** As WORK.strokes; the levels of the picture are given away. */
  async strokes({ width, height, levels }, strokes, tell) {
    const made = await this.#done("strokes", { width, height, levels, strokes }, [levels.buffer], tell);
    return { ...made, patches: made.patches.map((patch) => new Patch(patch.tiles, patch.box)) };
  }

  async #done(work, given, transfer, tell) {
    const worker = this.isLarge ? this.#worker() : null;
    if (!worker) return WORK[work](given, tell);
    return new Promise((resolve, reject) => {
      const id = ++this.last;
      this.waiting.set(id, { resolve, reject, tell });
      worker.postMessage({ id, work, given }, transfer);
    });
  }

  #worker() {
    if (this.worker !== undefined) return this.worker;
    this.worker = this.makeWorker();
    this.worker?.addEventListener("message", ({ data }) => this.#heard(data));
    this.worker?.addEventListener("error", (event) => this.#broken(event));
    return this.worker;
  }

  #heard({ id, part, made, failed }) {
    const { resolve, reject, tell } = this.waiting.get(id);
    if (part !== undefined) return tell?.(part);
    this.waiting.delete(id);
    if (failed === undefined) resolve(made);
    else reject(new Error(failed));
  }

  /** It could not be loaded or ran out of memory: what waited fails, and further work is done here. */
  #broken(event) {
    event.preventDefault?.();
    this.worker = null;
    for (const { reject } of this.waiting.values()) reject(new Error("The browser ended the work on the mask. Load the page again; your strokes are kept."));
    this.waiting.clear();
  }
}

function madeWorker() {
  try {
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  } catch {
    return null;
  }
}

