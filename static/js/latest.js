// Of many questions only the last one counts: earlier ones are cut off, and what comes too late is not heard.

export class Refused extends Error {
  constructor(status, code, detail, field = "") {
    super(detail);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

const AGAIN = new Set([503, 502, 504]); // the server is busy: the same again can help

/** The answer of a response that went well, else a Refused with the server's words. */
export async function heard(response) {
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  throw new Refused(response.status, said.code ?? "broken", said.detail ?? "The server gave no answer that can be read.", said.field);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Latest {
  #number = 0;
  #running = new AbortController();

  constructor(ask = (url, options) => fetch(url, options), wait = pause) {
    this.ask = ask;
    this.wait = wait;
  }

  /** The response, or null when it was overtaken. A busy server is asked again up to `tries` times. */
  async get(url, options = {}, tries = 4) {
    const number = ++this.#number;
    this.#running.abort();
    this.#running = new AbortController();
    const { signal } = this.#running;
    for (let left = tries; ; left--) {
      try {
        const asked = { headers: { Accept: "application/json, image/*" }, ...options, signal };
        const response = await heard(await this.ask(url, asked));
        return number === this.#number ? response : null;
      } catch (error) {
        if (number !== this.#number || error.code === "preview_stale") return null;
        if (!left || !AGAIN.has(error.status)) throw error;
      }
      await this.wait(600);
      if (number !== this.#number) return null;
    }
  }

  /** Nothing that is asked by now is heard any more. */
  stop() {
    this.#number += 1;
    this.#running.abort();
  }
}
