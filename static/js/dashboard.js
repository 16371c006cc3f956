/* The operators' figures load themselves again, while somebody looks and has not switched it off. Only what changed
   on the page is exchanged, so that nobody loses their place, what they typed or what they selected. */
const EVERY = 30_000; // milliseconds
const KEPT = "dashboard-refresh";

function exchange(fresh) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.getElementById(part.id);
    if (other && other.innerHTML !== part.innerHTML) part.innerHTML = other.innerHTML;
  }
  const charts = fresh.querySelectorAll("canvas.chart");
  document.querySelectorAll("canvas.chart").forEach((canvas, number) => {
    const drawn = window.Chart?.getChart(canvas);
    const text = charts[number]?.dataset.value;
    if (!drawn || !text || text === canvas.dataset.value) return;
    canvas.dataset.value = text;
    const data = JSON.parse(text);
    drawn.data.labels = data.labels;
    const same = data.datasets.length === drawn.data.datasets.length;
    if (same) data.datasets.forEach((set, index) => { drawn.data.datasets[index].data = set.data; });
    else drawn.data.datasets = data.datasets; // as the first payment in another currency
    drawn.update("none");
  });
}

async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return location.reload(); // signed out meanwhile
    if (!answer.ok) throw new Error(String(answer.status));
    exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    const note = document.getElementById("as-of");
    if (!note.dataset.stale) note.textContent += " (not refreshed: no answer)";
    note.dataset.stale = "yes";
    return undefined;
  }
  delete document.getElementById("as-of").dataset.stale;
  return undefined;
}

document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-refresh]");
  box.checked = localStorage.getItem(KEPT) !== "off";
  box.addEventListener("change", () => localStorage.setItem(KEPT, box.checked ? "on" : "off"));
  setInterval(() => {
    const reading = String(getSelection()).length > 0;
    if (box.checked && !document.hidden && !reading) refresh();
  }, EVERY);
  window.refreshFigures = refresh;
});
