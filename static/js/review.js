// The review by keys: each presses what it is written on. Held down, the space bar shows the photo before.

function press(key) {
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  target.click();
  if (target.matches("summary")) target.parentElement.querySelector("select, button")?.focus();
  return true;
}

const NAMES = { Enter: "a", n: "ArrowRight", p: "ArrowLeft", j: "ArrowRight", k: "ArrowLeft" };

function before(shown) {
  const range = document.querySelector("before-after input[type=range]");
  if (!range || range.hidden) return;
  range.value = shown ? 100 : 0;
  range.dispatchEvent(new Event("input", { bubbles: true }));
}

addEventListener("keydown", (event) => {
  const opened = document.querySelector("details[open]");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && opened) return void (opened.open = false);
  if (event.target.matches("select, textarea, input") || opened) return;
  if (event.target.matches("a, button, summary") && ["Enter", " "].includes(event.key)) return;
  if (event.key === " ") before(true);
  else if (!press(NAMES[event.key] ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key))) return;
  event.preventDefault();
});
addEventListener("keyup", (event) => event.key === " " && before(false));
