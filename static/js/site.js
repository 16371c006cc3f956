// What every page does: the brightness switch, menus that close, forms that are sent once.

function isDark(root) {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switchTheme() {
  const root = document.documentElement;
  root.dataset.theme = isDark(root) ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
}

function closeOpened(except) {
  for (const details of document.querySelectorAll("details.menu[open], details.confirm[open]")) {
    if (!details.contains(except)) details.open = false;
  }
}

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.addEventListener("click", switchTheme);
}

document.addEventListener("click", (event) => closeOpened(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const opened = document.activeElement?.closest("details[open]");
  closeOpened(null);
  opened?.querySelector("summary").focus();
});

// A file that is let go where nothing takes it would replace the page by itself.
for (const kind of ["dragover", "drop"]) {
  addEventListener(kind, (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    if (event.target.matches?.("input[type=file]")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}

// A second click on a button of a form that is on its way would do the thing twice. A download leaves the page as it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const stays = "repeatable" in form.dataset || event.submitter?.hasAttribute("data-stays");
  if (event.defaultPrevented || form.method !== "post" || stays) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// What became of something that was sent is read out, and the next key goes on from there.
function tell() {
  const words = document.querySelector("[data-focus]");
  if (!words) return;
  words.removeAttribute("data-focus");
  words.focus();
}
document.addEventListener("htmx:afterSettle", tell);
tell();

// On a phone the pages of the account are a row that can be pushed: where we are has to be in sight.
document.querySelector(":is(.account-nav, .guide-nav) [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
