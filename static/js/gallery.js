// Counts what is ticked, ticks a range with shift, and all of a page at once.

const form = document.querySelector(".selection");
const boxes = () => [...form.querySelectorAll("[name=jobs]")];
let last = null;

function tell() {
  const count = boxes().filter((box) => box.checked).length;
  form.querySelector("[data-selected-count]").textContent = `${count} selected`;
}

function tickRange(event) {
  const box = event.target.closest("[name=jobs]");
  if (!box) return;
  const all = boxes();
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
  tell();
}

if (form) {
  form.addEventListener("click", tickRange);
  form.addEventListener("change", tell);
  form.querySelector("[data-select-all]").addEventListener("click", () => {
    for (const box of boxes()) box.checked = true;
    tell();
  });
  tell();
}
