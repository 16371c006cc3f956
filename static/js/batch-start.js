// Opens a batch for what was gathered, names every file that will come, and goes on from the batch's own page.

import { keyOf } from "./gathering.js";
import { post } from "./send.js";
import { visit } from "./visit.js";

let waiting = null; // for the batch's page, which is a module of its own in the same document

/** Refusal when the batch is not taken as a whole; then nothing has happened. */
export async function startBatch(gathered, url, token, fields = {}) {
  const names = gathered.files.map((each) => ({ name: each.path, key: keyOf(each) }));
  const opened = await post(url, { ...fields, open: "1", names: JSON.stringify(names) }, token);
  waiting = { url: opened.url, gathered };
  await visit(opened.url);
}

/** What is to be sent to the batch at this address, once. */
export function handedOver(url) {
  if (!waiting || waiting.url !== url) return null;
  const { gathered } = waiting;
  waiting = null;
  return gathered;
}
