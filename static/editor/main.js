// Constructs everything and joins it.

import { Api } from "./api.js";
import { Commands } from "./commands.js";
import { Desk } from "./desk.js";
import { Frame } from "./frame.js";
import { Keeper } from "./keeper.js";
import { Keyboard } from "./keyboard.js";
import { Mask } from "./mask.js";
import { Panel } from "./panel.js";
import { PointerInput } from "./pointer.js";
import { Session } from "./session.js";
import { Sitting } from "./sitting.js";
import { Stage } from "./stage.js";
import { Workshop } from "./workshop.js";

const root = document.getElementById("editor");
const { api: address, csrf, job, preview, login, result, width, height } = root.dataset;
const size = { width: Number(width), height: Number(height) };

const workshop = new Workshop(size);
const api = new Api(address, csrf, workshop);
const session = new Session(api, workshop);
const keeper = new Keeper(api, session, job);
const panel = new Panel(document.getElementById("mask-panel"));
const frame = new Frame(root, (command) => commands.run(command));
const desk = new Desk({ api, session, panel, frame });
const stage = (desk.stage = new Stage(root, frame, size, desk));
const pointer = (desk.pointer = new PointerInput(stage.element, desk));
const sitting = new Sitting({ api, session, keeper, stage, desk, frame }, { preview, login, result });
const commands = new Commands({ session, stage, desk, panel, frame, sitting });
new Keyboard(stage, desk, (command) => commands.run(command));

panel.addEventListener("change", () => stage.renew({ backdrop: panel.backdrop, ghost: desk.restores }));
stage.element.addEventListener("pointerdown", () => {
  stage.element.classList.add("by-hand");
  frame.closePanel();
}, { capture: true });
stage.element.addEventListener("dblclick", () => desk.tool === desk.tools.polygon && desk.tool.finish());

/** The first stroke would pay for the engine's compiling of what draws it; a stroke on nothing pays before. */
function warmUp() {
  const points = Array.from({ length: 60 }, (_, i) => [4 * i, 128 + 60 * Math.sin(i)]);
  new Mask(256, 256).apply({ tool: "erase", size: 60, hardness: 0.5, strength: 0.9, points });
}

frame.enable("undo", false);
frame.enable("redo", false);
stage.scene.backdrop = panel.backdrop;
desk.choose("erase");
stage.watch();
await sitting.start();
warmUp();
if (desk.isOpen) root.dataset.ready = "true";
