// Constructs everything and joins it.

import { Api } from "./api.js";
import { Commands } from "./commands.js";
import { Toolbox } from "./toolbox.js";
import { Frame } from "./frame.js";
import { Autosave } from "./autosave.js";
import { Keyboard } from "./keyboard.js";
import { Mask } from "./mask.js";
import { Panel } from "./panel.js";
import { PointerInput } from "./pointer.js";
import { Session } from "./session.js";
import { Controller } from "./controller.js";
import { Stage } from "./stage.js";
import { WorkerClient } from "./worker-client.js";

const root = document.getElementById("editor");
const { api: address, csrf, job, preview, login, result, width, height } = root.dataset;
const size = { width: Number(width), height: Number(height) };

const workerClient = new WorkerClient(size);
const api = new Api(address, csrf, workerClient);
const session = new Session(api, workerClient);
const autosave = new Autosave(api, session, job);
const panel = new Panel(document.getElementById("mask-panel"));
const frame = new Frame(root, (command) => commands.run(command));
const toolbox = new Toolbox({ api, session, panel, frame });
const stage = (toolbox.stage = new Stage(root, frame, size, toolbox));
const pointer = (toolbox.pointer = new PointerInput(stage.element, toolbox));
const controller = new Controller({ api, session, autosave, stage, toolbox, frame }, { preview, login, result });
const commands = new Commands({ session, stage, toolbox, panel, frame, controller });
new Keyboard(stage, toolbox, (command) => commands.run(command));

panel.addEventListener("change", () => stage.renew({ backdrop: panel.backdrop, ghost: toolbox.restores }));
stage.element.addEventListener("pointerdown", () => {
  stage.element.classList.add("by-hand");
  frame.closePanel();
}, { capture: true });
stage.element.addEventListener("dblclick", () => toolbox.tool === toolbox.tools.polygon && toolbox.tool.finish());

/** The first stroke would pay for the engine's compiling of what draws it; a stroke on nothing pays before. */
function warmUp() {
  const points = Array.from({ length: 60 }, (_, i) => [4 * i, 128 + 60 * Math.sin(i)]);
  new Mask(256, 256).apply({ tool: "erase", size: 60, hardness: 0.5, strength: 0.9, points });
}

frame.enable("undo", false);
frame.enable("redo", false);
stage.scene.backdrop = panel.backdrop;
toolbox.choose("erase");
stage.watch();
await controller.start();
warmUp();
if (toolbox.isOpen) root.dataset.ready = "true";
