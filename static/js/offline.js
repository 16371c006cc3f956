// Says when the page asks in vain, and takes it back when an answer comes.

const notice = document.querySelector("[data-offline]");

document.addEventListener("htmx:sendError", () => (notice.hidden = false));
document.addEventListener("htmx:afterOnLoad", () => (notice.hidden = true));
