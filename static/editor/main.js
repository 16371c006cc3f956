// Constructs everything and joins it: the stage, the tools, the commands, the saving.

import { Api } from "./api.js";
import { Frame } from "./frame.js";
import { commandOf } from "./keys.js";
import { Keeper } from "./keeper.js";
import { Mask } from "./mask.js";
import { Marks } from "./marks.js";
import { Panel } from "./panel.js";
import { PointerInput } from "./pointer.js";
import { Renderer, VIEWS } from "./renderer.js";
import { Session } from "./session.js";
import { BrushTool } from "./tools/brush.js";
import { HandTool } from "./tools/hand.js";
import { LassoTool, PolygonTool } from "./tools/lasso.js";
import { Viewport } from "./viewport.js";

const LOUPE = [1.5, 4]; // times closer than the stage: at most, as far as the brush still fits into it
const MOST_DENSE = 2; // device px for a CSS px; more costs time and is not seen while drawing
const STEP = 40; // CSS px that an arrow key moves the picture
const SAVE_AT = { points: 12_000, strokes: 800, work: 1.5e9 }; // half of what the server takes at once

const root = document.getElementById("editor");
const { api: address, csrf, job, preview, login } = root.dataset;
const size = { width: Number(root.dataset.width), height: Number(root.dataset.height) };
const stage = document.getElementById("stage");

const api = new Api(address, csrf);
const session = new Session(api);
const keeper = new Keeper(api, session, job);
const viewport = new Viewport(size.width, size.height);
const loupeView = new Viewport(size.width, size.height);
const scene = { mask: null, pyramid: null, photo: null, proxy: null, view: "cutout", backdrop: "checker", checks: probed().slice(0, 2) };
const renderer = new Renderer(document.getElementById("picture"), viewport, scene);
const loupe = new Renderer(document.getElementById("loupe"), loupeView, scene);
const marks = new Marks(document.getElementById("marks"), viewport);
const panel = new Panel(document.getElementById("mask-panel"));
const frame = new Frame(root, run);

const desk = {
  session,
  viewport,
  settings: panel.settings,
  get tool() {
    return tool;
  },
  get pressureCounts() {
    return panel.settings.pressure;
  },
  moved() {
    renderer.all();
    frame.of("zoom").value = `${Math.round(viewport.scale * density() * 100)} %`;
    stage.dataset.cursor = cursor();
    ask();
  },
  hover(place) {
    pointed = place;
    tool.hover?.(place);
    ask();
  },
  pendingChanged: ask,
  failed(error) {
    frame.notice(error.message, ["Close", () => {}]);
  },
};
const tools = {
  restore: new BrushTool(desk, "restore"),
  erase: new BrushTool(desk, "erase"),
  smart: new BrushTool(desk, "smart"),
  lasso: new LassoTool(desk),
  polygon: new PolygonTool(desk),
  hand: new HandTool(),
};
let tool = tools.erase;
let toolName = "erase";
let pointed = null; // the place under the pointer
let asked = 0; // a frame is on its way
let isOpen = false; // there is a mask to draw on
let loupeShown = false;
const pointer = new PointerInput(stage, desk);

// --- Drawing ---------------------------------------------------------------------------------------------

function density() {
  return Math.min(devicePixelRatio || 1, MOST_DENSE);
}

function ask() {
  asked ||= requestAnimationFrame(draw);
}

function draw() {
  asked = 0;
  const began = performance.now();
  const drawing = pointer.mode === "draw";
  if (isOpen) tool.frame();
  const drew = renderer.draw();
  const { ways } = tools.smart;
  marks.draw({ brush: outline(), path: tool.path, ways, accent: ways.length ? probed()[2] : "" });
  if (loupeShown || pointer.isTouch) drawLoupe();
  frame.of("place").textContent = pointed ? `${Math.floor(pointed.x)}, ${Math.floor(pointed.y)} px` : `${size.width} × ${size.height} px`;
  if (drawing && drew) performance.measure("stroke-frame", { start: began });
}

function outline() {
  if (!pointed || !tool.drawsRound || pointer.handKey || pointer.mode === "pan" || pointer.mode === "pinch") return null;
  const { size: width, hardness } = panel.settings;
  return { x: pointed.x, y: pointed.y, size: width * (0.2 + 0.8 * pointed.pressure), hardness };
}

function drawLoupe() {
  const canvas = loupe.canvas;
  canvas.hidden = !pointed || (!loupeShown && pointer.mode !== "draw");
  if (canvas.hidden) return;
  const side = canvas.clientWidth;
  canvas.classList.toggle("right", pointed.screen[0] < side + 60 && pointed.screen[1] < side + 60);
  if (loupeView.stage.width !== side || loupe.dpr !== density()) {
    loupeView.stage = { width: side, height: side };
    loupe.resize(side, side, density());
  }
  const fitting = (0.7 * side) / (panel.settings.size * viewport.scale);
  loupeView.scale = viewport.scale * Math.min(LOUPE[1], Math.max(LOUPE[0], fitting));
  loupeView.x = side / 2 - pointed.x * loupeView.scale;
  loupeView.y = side / 2 - pointed.y * loupeView.scale;
  loupe.all();
  loupe.draw();
}

/** The page's own colours, in the brightness it has now: the checkerboard's two and the accent. */
function probed() {
  return [...root.querySelectorAll(".mask-probe")].map((probe) => {
    probe.hidden = false;
    const colour = getComputedStyle(probe).backgroundColor;
    probe.hidden = true;
    return colour;
  });
}

function cursor() {
  if (pointer.mode === "pan" || pointer.mode === "pinch") return "grabbing";
  if (pointer.handKey || tool.isHand) return "grab";
  return tool.drawsRound && isOpen ? "none" : "crosshair";
}

// --- Commands --------------------------------------------------------------------------------------------

const commands = {
  undo: () => (pointer.abort(), session.undo()),
  redo: () => (pointer.abort(), session.redo()),
  reset: () => (pointer.abort(), session.reset()),
  save: () => (pointer.abort(), save()),
  swap: () => swapTool(),
  smaller: () => panel.resize(1 / 1.2),
  larger: () => panel.resize(1.2),
  softer: () => panel.nudge("hardness", -0.1),
  harder: () => panel.nudge("hardness", 0.1),
  weaker: () => panel.nudge("strength", -0.1),
  stronger: () => panel.nudge("strength", 0.1),
  fill: () => whole({ tool: "fill_holes" }),
  invert: () => whole({ tool: "invert" }),
  grow: () => whole({ tool: "grow", px: panel.px }),
  shrink: () => whole({ tool: "grow", px: -panel.px }),
  smooth: () => whole({ tool: "smooth", px: panel.px }),
  fit: () => (viewport.fit(), desk.moved()),
  actual: () => (viewport.actual(density(), ...(pointed?.screen ?? [])), desk.moved()),
  "zoom-in": () => (viewport.zoomBy(1.25, ...(pointed?.screen ?? [])), desk.moved()),
  "zoom-out": () => (viewport.zoomBy(1 / 1.25, ...(pointed?.screen ?? [])), desk.moved()),
  view: () => show(VIEWS[(VIEWS.indexOf(scene.view) + 1) % VIEWS.length]),
  backdrop: () => panel.nextBackdrop(),
  loupe: () => toggleLoupe(),
  help: () => frame.toggleHelp(),
  finish: () => tool === tools.polygon && tool.finish(),
  escape: () => escape(),
};
const NEEDS_MASK = new Set("undo redo reset save fill invert grow shrink smooth finish".split(" "));

function run(command) {
  const [name, more] = command.split(":");
  if (name === "tool") choose(more);
  else if (name === "view" && more) show(more);
  else if (isOpen || !NEEDS_MASK.has(name)) commands[name]();
}

async function save() {
  if (tools.smart.pending.size) frame.status({ kind: "keeping", words: "The smart brush is looking, then it is saved …" });
  await tools.smart.settled();
  await keeper.save();
}

function choose(name) {
  pointer.abort();
  tool.cancel();
  toolName = name;
  tool = tools[name];
  frame.press("command", `tool:${name}`);
  panel.showFor(name);
  desk.moved();
}

function swapTool() {
  if (toolName === "restore" || toolName === "erase") choose(toolName === "restore" ? "erase" : "restore");
  else panel.set({ mode: panel.settings.mode === "restore" ? "erase" : "restore" });
}

function show(view) {
  scene.view = view;
  frame.press("view", view);
  renderer.all();
  ask();
}

/** Work on the whole mask may take a moment: the words come first, then the work. */
function whole(stroke) {
  pointer.abort();
  if (size.width * size.height < 4e6) return session.run(stroke);
  frame.loading("Working on the whole mask …");
  requestAnimationFrame(() => setTimeout(() => (session.run(stroke), frame.loading(null))));
}

function toggleLoupe() {
  loupeShown = !loupeShown;
  loupe.canvas.hidden = true;
  frame.toggled("loupe", loupeShown);
  ask();
}

function escape() {
  if (frame.of("help").open) return frame.toggleHelp();
  pointer.abort();
  tool.cancel();
  ask();
}

// --- Keys ------------------------------------------------------------------------------------------------

const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

addEventListener("keydown", (event) => {
  if (event.key === "Tab") stage.classList.remove("by-hand");
  if (event.target.matches("input[type=color], input[type=text]")) return;
  const isControl = event.target.closest("button, input, summary, a, dialog");
  if (event.key === " " && !isControl) {
    event.preventDefault();
    pointer.handKey = true;
    stage.dataset.cursor = cursor();
    return ask();
  }
  const arrow = ARROWS[event.key];
  if (arrow && !event.target.matches("input")) {
    const far = event.shiftKey ? 4 * STEP : STEP;
    viewport.pan(arrow[0] * far, arrow[1] * far);
    return desk.moved();
  }
  if (event.key === "Enter" && isControl) return;
  const command = commandOf(event);
  if (!command || (frame.of("help").open && !["help", "escape"].includes(command))) return;
  event.preventDefault();
  run(command);
});
addEventListener("keyup", (event) => {
  if (event.key !== " ") return;
  pointer.handKey = false;
  stage.dataset.cursor = cursor();
  ask();
});
addEventListener("blur", () => (pointer.handKey = false));
stage.addEventListener("pointerdown", () => {
  stage.classList.add("by-hand");
  frame.closePanel();
}, { capture: true });
document.addEventListener("visibilitychange", () => document.hidden && keeper.flush());
stage.addEventListener("dblclick", () => tool === tools.polygon && tool.finish());

// --- What the parts say ----------------------------------------------------------------------------------

session.addEventListener("drawn", ({ detail: box }) => {
  Object.assign(scene, { mask: session.mask, pyramid: session.pyramid });
  renderer.changed(box);
  ask();
});
session.addEventListener("done", ({ detail: byHand }) => {
  frame.enable("undo", session.history.canUndo);
  frame.enable("redo", session.history.canRedo);
  if (!byHand) return;
  keeper.changed();
  if (isMuch(session.history.unsaved.strokes)) keeper.save();
});
session.addEventListener("rebuild", async ({ detail }) => {
  if (detail?.nothing) session.history.done = 0;
  const levels = await api.levels(keeper.urlOf(session.history.marks[0].revision));
  session.rebuild(levels);
  session.dispatchEvent(new CustomEvent("done", { detail: true }));
});
panel.addEventListener("change", () => {
  scene.backdrop = panel.backdrop;
  renderer.all();
  ask();
});
keeper.addEventListener("status", ({ detail }) => {
  frame.status(detail);
  if (detail.kind === "conflict") {
    frame.notice(
      `${detail.words} Yours is kept in this window.`,
      ["Save mine on top", () => keeper.putOnTop()],
      ["Load what is there", () => (keeper.forget(), location.reload())],
    );
  } else if (detail.kind === "locked") frame.notice(detail.words, ["Sign in", login]);
  else if (detail.kind === "failed") frame.notice(detail.words, ["Try again", () => api.again().then(() => keeper.follow())], ["Close", () => {}]);
});
keeper.addEventListener("state", ({ detail }) => frame.revisions(detail, goTo));
keeper.addEventListener("waiting", ({ detail }) => {
  if (!isOpen) frame.loading(detail.workers_alive ? "Preparing the mask …" : "Waiting for a worker: none is running at the moment.");
});

function isMuch(strokes) {
  let points = 0, work = 0;
  for (const stroke of strokes) {
    const count = stroke.points?.length ?? 0;
    points += count;
    work += stroke.size ? count * (stroke.size + 3) ** 2 : 8 * size.width * size.height;
  }
  return points > SAVE_AT.points || strokes.length > SAVE_AT.strokes || work > SAVE_AT.work;
}

async function goTo(revision) {
  frame.of("history").open = false;
  await tools.smart.settled();
  if (session.history.unsaved.strokes.length) await keeper.save();
  await keeper.choose(revision);
  await open();
  keeper.follow();
}

// --- Opening ---------------------------------------------------------------------------------------------

function fillStage() {
  const { clientWidth, clientHeight } = stage;
  if (!clientWidth || !clientHeight) return;
  const isFirst = viewport.stage.width === 1;
  const fits = Math.abs(viewport.scale - viewport.fitting) < 1e-6;
  viewport.resize(clientWidth, clientHeight);
  if (isFirst || fits) viewport.fit();
  renderer.resize(clientWidth, clientHeight, density());
  marks.resize(clientWidth, clientHeight, density());
  desk.moved();
}

async function loadProxy() {
  const answer = await fetch(preview);
  if (!answer.ok || scene.photo) return;
  scene.proxy = await createImageBitmap(await answer.blob());
  renderer.all();
  ask();
}

async function loadPhoto() {
  scene.photo = await api.photo();
  renderer.all();
  ask();
}

/** The first stroke would pay for the engine's compiling of what draws it; a stroke on nothing pays before. */
function warmUp() {
  const points = Array.from({ length: 60 }, (_, i) => [4 * i, 128 + 60 * Math.sin(i)]);
  new Mask(256, 256).apply({ tool: "erase", size: 60, hardness: 0.5, strength: 0.9, points });
}

async function open() {
  frame.loading("Preparing the mask …");
  const { base, strokes, aside } = await keeper.open();
  const levels = await api.levels(keeper.urlOf(base));
  await session.begin(levels, base, strokes);
  isOpen = true;
  warmUp();
  frame.loading(null);
  frame.revisions(keeper.state, goTo);
  frame.status(strokes.length ? { kind: "draft", words: "Your draft is here again. Save makes it the result." } : { kind: "saved", words: "Everything is saved." });
  if (strokes.length) keeper.changed();
  if (aside?.length) {
    frame.notice(
      `This browser holds ${aside.length} strokes that never reached the server, and the mask was changed elsewhere meanwhile.`,
      ["Add them", () => addAll(aside)],
      ["Forget them", () => keeper.forget()],
    );
  }
  desk.moved();
}

async function addAll(strokes) {
  for (const stroke of strokes) await (stroke.smart ? session.runSmart(stroke) : session.run(stroke));
}

async function start() {
  fillStage();
  new ResizeObserver(fillStage).observe(stage);
  const recolour = () => {
    scene.checks = probed().slice(0, 2);
    renderer.forgetColours();
    ask();
  };
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  loadProxy();
  await open();
  await loadPhoto();
  root.dataset.ready = "true";
}

choose("erase");
frame.enable("undo", false);
frame.enable("redo", false);
start().catch((error) => {
  frame.loading(null);
  frame.status({ kind: "failed", words: error.message });
  frame.notice(error.message, ["Try again", () => location.reload()], ["Back to the result", address.replace(/\/mask$/, "")]);
});
