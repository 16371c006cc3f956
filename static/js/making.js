// Has the server make a full-size file of what is tried, and waits for it.

import { heard, Refused } from "./latest.js";

const EVERY = 400; // ms
const JSON_WANTED = { Accept: "application/json" };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a form of the panel holds, and more fields. */
export function fieldsOf(form, more = {}) {
  const data = new FormData(form);
  for (const [name, value] of Object.entries(more)) data.set(name, value);
  return data;
}

/** The state of the made file: { file, shown, size }. Refused when it cannot be made. */
export async function made(url, data, tell = () => {}) {
  let state = await answer(await fetch(url, { method: "POST", body: data, headers: JSON_WANTED }));
  while (state.status !== "made") {
    if (state.error) throw new Refused(500, state.error.code, state.error.detail);
    tell(state.workers_alive ? "Making the file in full size" : "No worker is running: the file is made when one is back");
    await pause(EVERY);
    state = await answer(await fetch(state.url, { headers: JSON_WANTED }));
  }
  return state;
}

async function answer(response) {
  return (await heard(response)).json();
}
