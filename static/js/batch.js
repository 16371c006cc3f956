// The page of a batch: sends what was chosen for it, says how far each file is, and takes what is sent again.

import { handedOver } from "./batch-start.js";
import { fromDrop, fromList, keyOf } from "./gathering.js";
import { Outbox } from "./outbox.js";
import { post } from "./send.js";

const ARRIVED = new Set(["queued", "running", "succeeded", "loading", "failed", "cancelled"]);
const shares = new Map(); // key -> how far, or words

const form = () => document.getElementById("outbox");
const token = () => form().elements.csrfmiddlewaretoken.value;
const rowOf = (key) => document.querySelector(`.item[data-key="${CSS.escape(key)}"]`);

const outbox = new Outbox(told, over);

// --- Sending ---------------------------------------------------------------------------------------------

/** Everything that is gathered, but for what the batch has. The batch is closed when all of it is there. */
async function send(gathered, closes) {
  const names = gathered.files.map((each) => ({ name: each.path, key: keyOf(each) }));
  const states = names.length ? await announced(names) : new Map();
  if (!states) return;
  const fresh = gathered.files.filter((each) => !ARRIVED.has(states.get(keyOf(each))));
  const sent = fresh.map((each) => sendFile(keyOf(each), each.file));
  const zips = gathered.zips.map((zip) => outbox.add(form().action, token(), zip.name, { archive: zip }));
  summary();
  await Promise.all([...sent, ...zips]);
  if (closes && !outbox.failed.size) await close();
}

/** The state of each by its key; null when the batch does not take them. */
async function announced(names) {
  const answer = await outbox.add(form().action, token(), "", { names: JSON.stringify(names) });
  return answer && new Map(answer.items.map((item) => [item.key, item.state]));
}

function sendFile(key, file, more = {}) {
  shares.set(key, 0);
  paint(key);
  return outbox.add(form().action, token(), key, { photos: file, key, ...more }).then((answer) => {
    if (answer) shares.delete(key);
    refresh();
  });
}

async function close() {
  try {
    await post(form().dataset.close, {}, token());
  } catch (refusal) {
    outbox.failed.set("close", refusal.message); // the batch goes on all the same; it is closed by hand, or after a day
    summary();
  }
  refresh();
}

// --- Saying how far --------------------------------------------------------------------------------------

function told(key, how) {
  if (key) shares.set(key, how);
  paint(key);
  summary();
}

function paint(key) {
  const state = rowOf(key)?.querySelector(".item-state");
  if (!state || !shares.has(key)) return;
  const how = shares.get(key);
  const words = typeof how === "string" ? how : how < 1 ? `Sending ${Math.round(how * 100)} %` : "Checking";
  if (state.textContent !== words) state.textContent = words;
}

function summary() {
  const place = document.querySelector("[data-sending]");
  if (!place) return;
  const failed = outbox.failed.size;
  const zips = [...shares].filter(([key]) => /\.zip$/i.test(key)).map(([key, how]) => `${key}: ${typeof how === "string" ? how : how < 1 ? `${Math.round(how * 100)} %` : "unpacking"}`);
  const left = outbox.left ? `Sending: ${outbox.left} to go. Keep this page open until then.` : "";
  const lost = !outbox.left && failed ? `${failed} could not be sent: ${[...outbox.failed.values()][0]}` : "";
  const words = [left, ...zips, lost].filter(Boolean).join(" · ");
  place.hidden = !words;
  if (place.textContent !== words) place.textContent = words;
  speak(lost || (left ? "Sending. Keep this page open until it is over." : shares.size ? "" : "Everything is sent."));
  document.getElementById("missing")?.classList.toggle("on-its-way", outbox.isBusy);
}

/** For screen readers: what begins and ends, not every file and percent. */
function speak(words) {
  const place = document.querySelector("[data-sending-spoken]");
  if (place && words && place.textContent !== words) place.textContent = words;
}

function over() {
  for (const key of [...shares.keys()]) if (!outbox.failed.has(key)) shares.delete(key);
  summary();
  refresh();
}

let asked = 0;

/** The rows anew, soon: many that arrive at once ask once. */
function refresh() {
  clearTimeout(asked);
  asked = setTimeout(() => {
    const poll = document.getElementById("poll");
    const again = poll?.getAttribute("hx-get");
    if (again) window.htmx.ajax("GET", again, { target: "#poll", swap: "outerHTML" });
    else window.htmx?.ajax("GET", location.href, { target: "#batch", select: "#batch", swap: "outerHTML" });
  }, 300);
}

// --- Taking ----------------------------------------------------------------------------------------------

document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.matches("[data-replace]")) {
    const { key } = input.closest(".item").dataset;
    if (input.files[0]) sendFile(key, input.files[0], { replaces: "1" });
  } else if (input.matches("[data-again-files], [data-again-folder]")) again(fromList(input.files));
});

document.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
document.addEventListener("drop", async (event) => {
  if (!event.dataTransfer?.types.includes("Files") || !form()) return;
  event.preventDefault();
  again(await fromDrop(event.dataTransfer));
});

/** What was chosen again: the missing ones, known by path and size. */
async function again(gathered) {
  const names = gathered.files.map((each) => ({ name: each.path, key: keyOf(each) }));
  const answer = await outbox.add(form().action, token(), "", { names: JSON.stringify(names), known: "1" });
  const missing = new Set((answer?.items ?? []).filter((item) => ["missing", "awaited"].includes(item.state)).map((item) => item.key));
  const found = gathered.files.filter((each) => missing.has(keyOf(each)));
  const place = document.querySelector("[data-sending]");
  if (!found.length) {
    place.hidden = false;
    place.textContent = "None of these files is one of the missing: they are known by folder, name and size.";
    return;
  }
  const { dataset } = document.getElementById("missing");
  const closes = found.length === Number(dataset.missing) && document.getElementById("batch").dataset.state === "open";
  await send({ files: found, zips: gathered.zips }, closes);
}

addEventListener("beforeunload", (event) => {
  if (outbox.isBusy) event.preventDefault();
});
document.addEventListener("htmx:afterSettle", () => {
  for (const key of shares.keys()) paint(key);
  summary();
});

export function begin() {
  const gathered = handedOver(location.pathname);
  if (gathered) send(gathered, true);
}

begin();
