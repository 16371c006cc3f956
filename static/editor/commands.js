// What keys and buttons do, by name. keys.js says which key means which.

const NEEDS_MASK = new Set("undo redo reset save fill invert grow shrink smooth finish remove".split(" "));

export class Commands {
  /** `parts`: { session, stage, toolbox, panel, frame, controller } */
  constructor(parts) {
    Object.assign(this, parts);
    this.table = this.#table();
  }

  run(command) {
    const [name, more] = command.split(":");
    if (name === "tool") this.#choose(more);
    else if (name === "view" && more) this.stage.show(more);
    else if (this.toolbox.isOpen || !NEEDS_MASK.has(name)) this.table[name]();
  }

  #table() {
    const { session, stage, toolbox, panel, frame, controller } = this;
    return {
      undo: () => this.#step(() => session.undo()),
      redo: () => this.#step(() => session.redo()),
      reset: () => this.#step(() => session.reset()),
      save: () => this.#step(() => controller.save()),
      swap: () => toolbox.swap(),
      smaller: () => panel.resize(1 / 1.2),
      larger: () => panel.resize(1.2),
      softer: () => panel.nudge("hardness", -0.1),
      harder: () => panel.nudge("hardness", 0.1),
      weaker: () => panel.nudge("strength", -0.1),
      stronger: () => panel.nudge("strength", 0.1),
      fill: () => this.#whole({ tool: "fill_holes" }),
      invert: () => this.#whole({ tool: "invert" }),
      grow: () => this.#whole({ tool: "grow", px: panel.px }),
      shrink: () => this.#whole({ tool: "grow", px: -panel.px }),
      smooth: () => this.#whole({ tool: "smooth", px: panel.px }),
      fit: () => stage.fit(),
      actual: () => stage.actual(),
      "zoom-in": () => stage.zoomBy(1.25),
      "zoom-out": () => stage.zoomBy(1 / 1.25),
      view: () => stage.nextView(),
      backdrop: () => panel.nextBackdrop(),
      loupe: () => stage.toggleLoupe(),
      history: () => frame.toggleHistory(),
      help: () => frame.toggleHelp(),
      finish: () => toolbox.tool.finish?.(),
      remove: () => toolbox.tool === toolbox.tools.select && toolbox.tool.finish("erase"),
      escape: () => (frame.of("help").open ? frame.toggleHelp() : toolbox.escape()),
    };
  }

  #choose(name) {
    if (this.frame.has(`tool:${name}`)) this.toolbox.choose(name);
  }

  /** Whatever is being drawn ends first. */
  #step(action) {
    this.toolbox.pointer.abort();
    action();
  }

  #whole(stroke) {
    this.toolbox.pointer.abort();
    this.toolbox.run(stroke);
  }
}
