// Runs tasks a few at a time. The first runs alone: it makes a visitor's session, which the others then share.

export class Queue {
  #waiting = [];
  #running = 0;
  #opened = false;

  constructor(width = 3) {
    this.width = width;
  }

  /** Resolves or rejects as the task does. */
  add(task) {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => Promise.resolve().then(task).then(resolve, reject));
      this.#next();
    });
  }

  #next() {
    while (this.#waiting.length && this.#running < (this.#opened ? this.width : 1)) {
      this.#running += 1;
      this.#waiting.shift()().finally(() => {
        this.#running -= 1;
        this.#opened = true;
        this.#next();
      });
    }
  }
}
