// The worker's side of worker-client.js: one piece of work after the other.

import { WORK, buffersOf } from "./worker-tasks.js";

const STEP = 0.02; // of the whole between two words about it

onmessage = async ({ data: { id, work, given } }) => {
  let told = 0;
  const tell = (part) => {
    if (part - told < STEP) return;
    told = part;
    postMessage({ id, part });
  };
  try {
    const made = await WORK[work](given, tell);
    postMessage({ id, made }, buffersOf(made));
  } catch (error) {
    postMessage({ id, failed: error.message });
  }
};
