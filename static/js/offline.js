// Says when the page asks in vain, and takes it back when an answer comes.

const notice = document.querySelector("[data-offline]");

function say(offline) {
  if (notice) notice.hidden = !offline;
}

document.addEventListener("htmx:sendError", () => say(true));
document.addEventListener("htmx:afterOnLoad", () => say(false));
addEventListener("offline", () => say(true));
addEventListener("online", () => say(false));
