/* The operators' figures load themselves again, while somebody looks and has not switched it off. */
const EVERY = 30_000; // milliseconds
const KEPT = "dashboard-refresh";

document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-refresh]");
  box.checked = localStorage.getItem(KEPT) !== "off";
  box.addEventListener("change", () => localStorage.setItem(KEPT, box.checked ? "on" : "off"));
  setInterval(() => {
    const typing = document.activeElement?.matches("input:not([type=checkbox]), textarea");
    if (box.checked && !document.hidden && !typing) location.reload();
  }, EVERY);
});
