// What keys and buttons do, by name. keys.js says which key means which.

const NEEDS_MASK = new Set("undo redo reset save fill invert grow shrink smooth finish remove".split(" "));

export class Commands {
  /** `parts`: { session, stage, desk, panel, frame, sitting } */
  constructor(parts) {
    Object.assign(this, parts);
    this.table = this.#table();
  }

  run(command) {
    const [name, more] = command.split(":");
    if (name === "tool") this.#choose(more);
    else if (name === "view" && more) this.stage.show(more);
    else if (this.desk.isOpen || !NEEDS_MASK.has(name)) this.table[name]();
  }

  #table() {
    const { session, stage, desk, panel, frame, sitting } = this;
    return {
      undo: () => this.#step(() => session.undo()),
      redo: () => this.#step(() => session.redo()),
      reset: () => this.#step(() => session.reset()),
      save: () => this.#step(() => sitting.save()),
      swap: () => desk.swap(),
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
      finish: () => desk.tool.finish?.(),
      remove: () => desk.tool === desk.tools.select && desk.tool.finish("erase"),
      escape: () => (frame.of("help").open ? frame.toggleHelp() : desk.escape()),
    };
  }

  #choose(name) {
    if (this.frame.has(`tool:${name}`)) this.desk.choose(name);
  }

  /** Whatever is being drawn ends first. */
  #step(action) {
    this.desk.pointer.abort();
    action();
  }

  #whole(stroke) {
    this.desk.pointer.abort();
    this.desk.run(stroke);
  }
}
