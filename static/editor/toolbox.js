// The toolbox: the tools, the one in hand, and all that tools may use.

import { BrushTool } from "./tools/brush.js";
import { HandTool } from "./tools/hand.js";
import { LassoTool, PolygonTool } from "./tools/lasso.js";
import { SelectTool } from "./tools/select.js";

const MODAL = new Set(["smart", "lasso", "polygon"]); // restore or erase, as is set

export class Toolbox {
  /** `parts`: { api, session, panel, frame, viewport }; the stage is put on the toolbox when it is built. */
  constructor(parts) {
    Object.assign(this, parts);
    this.stage = null;
    this.pointer = null;
    this.isOpen = false; // there is a mask to draw on
    this.tools = {
      restore: new BrushTool(this, "restore"),
      erase: new BrushTool(this, "erase"),
      smart: new BrushTool(this, "smart"),
      select: new SelectTool(this),
      lasso: new LassoTool(this),
      polygon: new PolygonTool(this),
      hand: new HandTool(),
    };
    this.name = "erase";
  }

  get tool() {
    return this.tools[this.name];
  }

  get viewport() {
    return this.stage.viewport;
  }

  get settings() {
    return this.panel.settings;
  }

  /** What is removed has to be seen to be brought back. */
  get restores() {
    return this.name === "restore" || (MODAL.has(this.name) && this.settings.mode === "restore");
  }

  get pressureCounts() {
    return this.settings.pressure;
  }

  choose(name) {
    this.pointer.abort();
    this.tool.cancel();
    this.name = name;
    this.frame.press("command", `tool:${name}`);
    this.panel.showFor(name);
    this.stage.moved();
    this.tool.taken?.();
  }

  /** Restore and erase change places: as tools, or as what the tool in hand does. */
  swap() {
    if (this.name === "restore" || this.name === "erase") this.choose(this.name === "restore" ? "erase" : "restore");
    else this.panel.set({ mode: this.settings.mode === "restore" ? "erase" : "restore" });
  }

  /** Out of what is being drawn. */
  escape() {
    this.pointer.abort();
    this.tool.cancel();
    this.stage.ask();
  }

  /** When everything that was asked for is done: a save before that would leave it out. */
  async settled() {
    await this.tools.smart.settled();
    await this.session.settled();
  }

  /** Does a whole stroke; says so when it cannot be done. */
  run(stroke) {
    return this.session.run(stroke).catch((error) => this.failed(error));
  }

  // --- What pointer and tools tell ---

  moved() {
    this.stage.moved();
  }

  hover(place) {
    this.stage.hover(place);
  }

  pendingChanged() {
    this.stage.ask();
  }

  /** A tool has something to say, or null. */
  say(words) {
    this.frame.loading(words);
  }

  failed(error) {
    this.frame.notice(error.message, ["Close", () => {}]);
  }
}
