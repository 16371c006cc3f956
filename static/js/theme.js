// Runs before the first paint, so that a kept choice of brightness does not flash.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const kept = localStorage.getItem("theme");
    if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  } catch {
    // Storage is switched off: the system's brightness it is.
  }
})();
