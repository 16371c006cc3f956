// Goes on sending while the server is not reached, as the file is still in the page. No document.

import { Refusal } from "./send.js";

const UNSENT = "The file could not be sent, though the server answers. Perhaps it was changed or moved: choose it again.";
const TRIES = 4; // while the server answers others: then it is the file that cannot be sent
const WAITS = [1000, 3000, 8000]; // ms between them
const LOOK = 5000; // ms between looks for a server that is away

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when the server answers again; the browser often knows the moment. */
export async function reached(ask = () => fetch("/healthz", { cache: "no-store" }), wait = pause) {
  for (;;) {
    try {
      return void (await ask());
    } catch {
      let back;
      const online = new Promise((resolve) => globalThis.addEventListener?.("online", (back = resolve), { once: true }));
      await Promise.race([wait(LOOK), online]);
      globalThis.removeEventListener?.("online", back);
    }
  }
}

/** What `send` resolves to. Refusals go through; for as long as the server is away it is `away()` that is told. */
export async function persistently(send, away, { wait = pause, back = reached } = {}) {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (refusal) {
      if (refusal.code !== "offline") throw refusal;
      if (tries === TRIES) throw new Refusal("unsent", UNSENT);
      away();
      await wait(WAITS[tries - 1]);
      await back();
    }
  }
}
