// The grid: select by click, shift and keys; delete and move without leaving the place; filters without empty parts.

import { heard } from "./latest.js";
import { neighbour, Selection } from "./selection.js";

const AT_ONCE = 25; // photos in one request, so that the bar can say how far it is
const MOST = 500; // as the server takes them
const OFFLINE = "The server was not reached, so the rest is untouched. Try again when the connection is back.";

const selection = new Selection();
const form = () => document.querySelector(".selection");
const cells = () => [...document.querySelectorAll(".photo-cell")];
const boxOf = (cell) => cell.querySelector("[name=jobs]");
const idOf = (cell) => boxOf(cell).value;
const linkOf = (cell) => cell.querySelector("a");
const ids = () => cells().map(idOf);
const foundButton = () => form()?.querySelector("[data-select-found]");
let busy = false;
let everything = ""; // all that the filters find, shown or not, up to this moment

// --- Showing ---------------------------------------------------------------------------------------------

function show() {
  if (!form()) return;
  for (const cell of cells()) {
    const on = selection.has(idOf(cell));
    boxOf(cell).checked = on;
    cell.classList.toggle("selected", on);
  }
  form().classList.toggle("any", selection.size > 0);
  showFound();
}

/** When all that are shown are selected, all that were found can be. One taken out, and it is those that are ticked. */
function showFound() {
  const button = foundButton(), shown = ids(), total = Number(button.dataset.total);
  if (shown.some((id) => !selection.has(id))) everything = "";
  button.hidden = Boolean(everything) || selection.size < Math.min(shown.length, MOST) || total <= selection.size;
  const field = form().querySelector("[data-everything]");
  field.disabled = !everything;
  field.value = everything;
  say(`${everything ? total : selection.size} selected`);
}

function say(words) {
  const place = form()?.querySelector("[data-selected-count]");
  if (place && place.textContent !== words) place.textContent = words;
}

/** One cell is reached by Tab, the arrows lead to the others. */
function rove(current = document.activeElement?.closest?.(".photo-cell")) {
  const all = cells();
  const at = all.includes(current) ? current : (all.find((cell) => linkOf(cell).tabIndex === 0) ?? all[0]);
  for (const cell of all) {
    linkOf(cell).tabIndex = cell === at ? 0 : -1;
    boxOf(cell).tabIndex = cell === at ? 0 : -1;
  }
}

// --- Selecting -------------------------------------------------------------------------------------------

function clicked(event) {
  const cell = event.target.closest(".photo-cell");
  if (!cell) return;
  const box = event.target.closest("[name=jobs]");
  const byKey = !box && event.detail === 0; // Enter on a photo opens it, whatever is selected
  const wanted = box || (!byKey && (event.shiftKey || event.ctrlKey || event.metaKey || selection.size));
  if (!wanted || (event.target.closest(".tick") && !box)) return; // the label's click comes again from its box
  if (!box) event.preventDefault();
  if (event.shiftKey) selection.extend(ids(), idOf(cell));
  else if (box) selection.set(idOf(cell), box.checked);
  else selection.toggle(idOf(cell));
  rove(cell);
  queueMicrotask(show);
}

function move(cell, event) {
  const all = cells();
  const next = all[neighbour(all.map((each) => each.getBoundingClientRect()), all.indexOf(cell), event.key)];
  if (event.shiftKey) {
    if (!selection.size) selection.set(idOf(cell), true);
    selection.extend(ids(), idOf(next));
    show();
  }
  rove(next);
  linkOf(next).focus();
}

const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

function pressed(event) {
  const cell = event.target.closest?.(".photo-cell");
  const inField = event.target.matches?.("input:not([type=checkbox]), select, textarea");
  if (inField || event.altKey || !form()) return;
  const all = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a";
  if (all) selectAll();
  else if (event.key === "Escape" && selection.size && !document.querySelector(".selection-bar details[open]")) clear();
  else if (event.key === "Delete" && selection.size) ask("[data-delete]");
  else if (cell && MOVES.has(event.key)) move(cell, event);
  else if (cell && event.key === " ") toggle(cell);
  else return;
  event.preventDefault();
}

function toggle(cell) {
  selection.toggle(idOf(cell));
  show();
}

function selectAll() {
  selection.all(ids().slice(0, MOST));
  show();
}

function selectFound() {
  selection.all(ids());
  everything = foundButton().dataset.selectFound;
  show();
}

function clear() {
  everything = "";
  selection.clear();
  show();
}

function ask(which) {
  const details = form().querySelector(which);
  details.open = true;
  details.querySelector("[type=submit]").focus();
}

// --- Doing -----------------------------------------------------------------------------------------------

/** Delete and move go in small parts and leave the page where it is; the rest is a form like any other. */
function submitted(event) {
  if (event.target !== form()) return;
  const action = event.submitter?.getAttribute("formaction") ?? event.target.action;
  if (/\/(archive|again)$/.test(action)) return;
  event.preventDefault();
  if (!busy) (everything ? actOnAll : act)(action, new FormData(form()), /\/move$/.test(action) ? "Moving" : "Deleting");
}

async function act(action, fields, doing) {
  busy = true;
  const chosen = selection.ids;
  let done = 0;
  let words = "";
  try {
    while (done < chosen.length) {
      say(`${doing} ${done} of ${chosen.length}`);
      const part = chosen.slice(done, done + AT_ONCE);
      await send(action, fields, part);
      finished(part, doing);
      done += part.length;
    }
    words = `${done} ${doing === "Moving" ? "moved" : "deleted"}`;
  } catch (refusal) {
    words = refusal instanceof TypeError ? OFFLINE : refusal.message;
  }
  busy = false;
  close();
  show();
  flash(words, done < chosen.length);
  if (doing === "Moving" || !cells().length) reload();
}

/** The server goes on with the next part as long as something is left. */
async function actOnAll(action, fields, doing) {
  busy = true;
  const { total } = foundButton().dataset;
  try {
    for (let done = 0, left = 1; left; ) {
      say(`${doing} ${done} of ${total}`);
      const answer = await (await send(action, fields, [])).json();
      done += answer.count;
      left = answer.left;
    }
    return reload();
  } catch (refusal) {
    flash(refusal instanceof TypeError ? OFFLINE : refusal.message, true);
  }
  busy = false;
  close();
  show();
}

async function send(action, fields, part) {
  fields.delete("jobs");
  for (const id of part) fields.append("jobs", id);
  return heard(await fetch(action, { method: "POST", body: fields, headers: { Accept: "application/json" } }));
}

function finished(part, doing) {
  for (const cell of cells().filter((each) => part.includes(idOf(each)))) {
    if (doing === "Deleting") cell.remove();
    selection.set(idOf(cell), false);
  }
  rove();
}

function close() {
  for (const details of document.querySelectorAll(".selection-bar details[open]")) details.open = false;
}

/** The grid anew, as it is searched now: the counts and the folders have changed. */
function reload() {
  location.reload();
}

function flash(words, failed) {
  const list = document.querySelector(".flashes") ?? document.querySelector("main").insertAdjacentElement("beforebegin", Object.assign(document.createElement("ul"), { className: "flashes" }));
  list.setAttribute("role", "status");
  const item = Object.assign(document.createElement("li"), { className: failed ? "flash error" : "flash success", textContent: words });
  list.replaceChildren(item);
}

// --- Filters ---------------------------------------------------------------------------------------------

function withoutEmpty(event) {
  if (!event.target.matches?.(".filters")) return;
  const { formData } = event.detail;
  for (const [name, value] of [...formData.entries()]) if (!value) formData.delete(name);
}

function swapped() {
  if (everything !== foundButton()?.dataset.selectFound) everything = "";
  if (everything) selection.all(ids()); // more of what was found came into sight
  selection.keep(ids());
  show();
  rove();
}

document.addEventListener("click", clicked);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-select-all]")) selectAll();
  if (event.target.closest("[data-select-found]")) selectFound();
  if (event.target.closest("[data-select-none]")) clear();
});
document.addEventListener("formdata", (event) => event.target === form() && everything && event.formData.delete("jobs"));
document.addEventListener("keydown", pressed);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("[name=new_folder]")) return;
  event.preventDefault();
  event.target.closest(".confirm-box").querySelector("[type=submit]").click();
});
document.addEventListener("submit", submitted);
document.addEventListener("htmx:configRequest", withoutEmpty);
for (const kind of ["htmx:afterSettle", "htmx:oobAfterSwap"]) document.addEventListener(kind, swapped);
addEventListener("popstate", reload); // the address is a search, and the grid has to follow it
for (const box of document.querySelectorAll("[name=jobs]:checked")) selection.set(box.value, true);
show();
rove();
