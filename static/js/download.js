// Download, clipboard and actual pixels of what is tried: the file is made on the server, then used.

import { fieldsOf, made } from "./making.js";

const panel = () => document.querySelector("recipe-panel");
const form = () => document.getElementById("recipe-form");
const place = () => document.getElementById("download");
const OFFLINE = "The server is not reached. Try again when the connection is back.";

function say(words) {
  const state = place().querySelector("[data-download-state]");
  if (state.textContent !== words) state.textContent = words;
}

async function busy(action) {
  const buttons = place().querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  const slow = setTimeout(() => say("Making the file in full size"), 800);
  try {
    const done = await action();
    say(done);
  } catch (refusal) {
    say(refusal.status === undefined && refusal instanceof TypeError ? OFFLINE : refusal.message);
  } finally {
    clearTimeout(slow);
    for (const button of buttons) button.disabled = false;
  }
}

const file = (more) => made(place().dataset.make, fieldsOf(form(), more), say);

function download() {
  return busy(async () => {
    location.assign((await file()).file);
    return "The download has begun.";
  });
}

// The clipboard wants a promise at once: Safari forgets the click by the time that the file is there.
function copy() {
  if (!navigator.clipboard?.write || !window.ClipboardItem) {
    return say("This browser copies pictures on https pages only. Download it instead.");
  }
  const picture = async () => (await fetch(`${(await file({ as: "png" })).file}?show=1`)).blob();
  return busy(async () => {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture() })]);
    return "Copied as PNG in full size.";
  });
}

/** The picture in full size for the stage, where a browser can show it. */
function full(stage) {
  return busy(async () => {
    const asked = panel().dataset.recipe;
    const state = await file();
    if (panel().dataset.recipe === asked && state.shown) stage.load(`${state.file}?show=1`);
    return state.shown ? "" : "This format cannot be shown here, so you see an enlarged preview.";
  });
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-make-file]")) return;
  event.preventDefault();
  download();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("#copy-picture")) copy();
});
document.addEventListener("wantfull", (event) => panel() && full(event.target));
