// Files on their way into a batch. It lives as long as the page: what did not arrive by then is told by the batch.

import { Queue } from "./queue.js";
import { post } from "./send.js";

const TRIES = 4;
const WAITS = [1000, 3000, 8000]; // ms between tries, while the server is not reached
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Outbox {
  #queue;
  #waiting = 0;

  /** `tell(key, share or words)` hears how far each file is; `done()` that nothing is on its way any more. */
  constructor(tell = () => {}, done = () => {}, wait = pause, send = post) {
    Object.assign(this, { tell, done, wait, send });
    this.#queue = new Queue(3);
    this.failed = new Map(); // key -> why
  }

  get isBusy() {
    return this.#waiting > 0;
  }

  get left() {
    return this.#waiting;
  }

  /** Sends a file under its key; resolves in any case. */
  async add(url, token, key, fields) {
    this.#waiting += 1;
    this.failed.delete(key);
    try {
      return await this.#queue.add(() => this.#try(url, token, key, fields));
    } catch (refusal) {
      this.failed.set(key, refusal.message);
      this.tell(key, refusal.message);
      return null;
    } finally {
      this.#waiting -= 1;
      if (!this.#waiting) this.done();
    }
  }

  async #try(url, token, key, fields) {
    for (let tries = 1; ; tries++) {
      try {
        return await this.send(url, fields, token, (share) => this.tell(key, share));
      } catch (refusal) {
        if (refusal.code !== "offline" || tries === TRIES) throw refusal;
        this.tell(key, "Not reached; tried again");
        await this.wait(WAITS[tries - 1]);
      }
    }
  }
}
