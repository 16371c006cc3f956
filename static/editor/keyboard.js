// The keyboard: commands, moving the picture, and a pointer for whoever draws without a mouse.

import { commandOf } from "./keys.js";

const STEP = 40; // CSS px that an arrow key moves the picture
const NUDGE = { plain: 10, shift: 40, alt: 1 }; // CSS px that it moves the pointer
const RIM = 24; // CSS px from the stage's edge at which the picture follows the pointer
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Keyboard {
  constructor(stage, toolbox, run) {
    this.stage = stage;
    this.toolbox = toolbox;
    this.run = run;
    this.at = null; // of the pointer that keys move, CSS px from the stage's corner
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => event.key === " " && this.#hand(false));
    addEventListener("blur", () => this.#hand(false));
    stage.element.addEventListener("pointermove", () => (this.at = null));
  }

  #down(event) {
    if (event.key === "Tab") this.stage.element.classList.remove("by-hand");
    if (event.target.matches("input[type=text]")) return;
    const isControl = event.target.closest("button, input, summary, a, dialog");
    if (event.key === " " && !isControl) return event.preventDefault(), this.at ? this.#press(event) : this.#hand(true);
    if (ARROWS[event.key] && !event.target.matches("input")) return this.#arrow(event);
    if (event.key === "Enter" && isControl) return;
    if (event.key === "Enter" && this.at && !this.toolbox.tool.canFinish) return event.preventDefault(), this.#press(event);
    this.#command(event);
  }

  #command(event) {
    const command = commandOf(event);
    if (!command || (this.stage.frame.of("help").open && !["help", "escape"].includes(command))) return;
    event.preventDefault();
    if (command === "pointer") this.#toggle();
    else this.run(command);
  }

  #hand(held) {
    if (this.toolbox.pointer.handKey === held) return;
    this.toolbox.pointer.handKey = held;
    this.stage.recursor();
    this.stage.ask();
  }

  // --- The pointer ---

  #toggle() {
    this.toolbox.pointer.abort();
    const { width, height } = this.stage.viewport.stage;
    this.at = this.at ? null : this.stage.pointed?.screen ?? [width / 2, height / 2];
    this.stage.hover(this.at && this.#place());
    this.stage.frame.spoken(this.at ? this.#howTo() : "Arrows move the picture.");
    this.stage.element.focus();
  }

  #howTo() {
    const box = this.toolbox.tool.takesBox ? " Shift and Space begin a box, Space ends it." : "";
    return `Arrows move the pointer, Space puts it down and lifts it.${box}`;
  }

  #arrow(event) {
    event.preventDefault();
    const [x, y] = ARROWS[event.key];
    if (!this.at) {
      const far = event.shiftKey ? 4 * STEP : STEP;
      return this.stage.pan(-x * far, -y * far);
    }
    const by = event.shiftKey ? NUDGE.shift : event.altKey ? NUDGE.alt : NUDGE.plain;
    this.at = [this.at[0] + x * by, this.at[1] + y * by];
    this.#follow();
    this.toolbox.pointer.byKeys(this.#place());
  }

  /** At the rim the picture moves below the pointer instead. */
  #follow() {
    const { viewport } = this.stage;
    const [x, y] = this.at;
    const inX = Math.min(Math.max(x, RIM), viewport.stage.width - RIM), inY = Math.min(Math.max(y, RIM), viewport.stage.height - RIM);
    if (inX === x && inY === y) return;
    this.stage.pan(inX - x, inY - y);
    this.at = [inX, inY];
  }

  #press(event) {
    if (!event.repeat && this.toolbox.isOpen) this.toolbox.pointer.pressByKeys({ ...this.#place(), shift: event.shiftKey, alt: event.altKey });
  }

  #place() {
    return { ...this.toolbox.pointer.placeAt(this.at), byKeys: true };
  }
}
