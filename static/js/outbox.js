// Files on their way into a batch. It lives as long as the page: what did not arrive by then is told by the batch.

import { persistently } from "./persistent.js";
import { Queue } from "./queue.js";
import { post } from "./send.js";

export class Outbox {
  #queue;
  #waiting = 0;

  /** `tell(key, share or words)` hears how far each file is; `done()` that nothing is on its way any more. */
  constructor(tell = () => {}, done = () => {}, send = post, patience = {}) {
    Object.assign(this, { tell, done, send, patience });
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

  #try(url, token, key, fields) {
    const send = () => this.send(url, fields, token, (share) => this.tell(key, share));
    return persistently(send, () => this.tell(key, "Not reached; tried again"), this.patience);
  }
}
