// Mouse, pen and fingers on the stage: one draws with the tool in hand, two move the picture.

const SECOND_FINGER = 350; // ms in which a second finger still means that the first did not want to draw

export class PointerInput {
  /** `toolbox` says what is in hand: { tool, viewport, isOpen, moved(), hover(place | null), pressureCounts } */
  constructor(stage, toolbox) {
    this.stage = stage;
    this.toolbox = toolbox;
    this.pointers = new Map(); // id -> [x, y] on the screen
    this.mode = null; // draw, pan, pinch
    this.handKey = false; // space is held
    this.penSeen = false;
    this.isTouch = false; // the last that touched was a finger, which hides what it draws on
    const listen = (name, handler, options) => stage.addEventListener(name, handler, options);
    listen("pointerdown", (event) => this.#down(event));
    listen("pointermove", (event) => this.#move(event));
    listen("pointerup", (event) => this.#up(event));
    listen("pointercancel", (event) => this.#cancel(event));
    listen("pointerleave", () => this.mode || toolbox.hover(null));
    listen("wheel", (event) => this.#wheel(event), { passive: false });
    listen("mousedown", (event) => event.button === 1 && event.preventDefault()); // no scrolling by the wheel button
    listen("contextmenu", (event) => event.preventDefault());
  }

  /** Ends what is being drawn as if it had never begun. */
  abort() {
    if (this.mode === "draw") this.toolbox.tool.cancel();
    this.mode = null;
  }

  // --- By keys ---

  /** A place for a point of the screen, as a mouse would give it. */
  placeAt(screen) {
    const [x, y] = this.toolbox.viewport.toPicture(...screen);
    return { x: rounded(x), y: rounded(y), pressure: 1, screen, shift: false, alt: false };
  }

  /** Keys moved the pointer. */
  byKeys(place) {
    if (this.mode === "draw") this.toolbox.tool.move(place);
    this.toolbox.hover(place);
  }

  /** Keys put down what is in hand, or lift it. */
  pressByKeys(place) {
    const { tool } = this.toolbox;
    if (this.mode === "draw") {
      this.mode = null;
      tool.end(place);
    } else if (!this.mode && !tool.isHand) {
      tool.begin(place);
      if (tool.isHeld || (tool.takesBox && place.shift)) this.mode = "draw";
      else tool.end(place);
    }
    this.toolbox.hover(place);
  }

  // --- By hand ---

  #down(event) {
    if (event.target.closest("button, a, input, summary")) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.#on(event));
    if (event.pointerType === "pen") this.penSeen = true;
    this.isTouch = event.pointerType === "touch";
    if (this.pointers.size === 2) return this.#beginPinch();
    if (this.pointers.size > 2 || this.mode) return;
    if (this.#wantsHand(event)) this.mode = "pan";
    else if (event.button === 0 || (event.button === 2 && this.toolbox.tool.takesRight)) {
      if (!this.toolbox.isOpen) return;
      this.mode = "draw";
      this.since = event.timeStamp;
      this.toolbox.tool.begin(this.#place(event));
    }
    this.toolbox.moved();
  }

  #wantsHand(event) {
    // Where a pen draws, a hand that rests on the glass only moves the picture.
    const isPalm = this.penSeen && event.pointerType === "touch";
    return event.button === 1 || this.handKey || this.toolbox.tool.isHand || isPalm;
  }

  #beginPinch() {
    if (this.mode === "draw") {
      const wasMeant = performance.now() - this.since > SECOND_FINGER;
      if (wasMeant) this.toolbox.tool.end();
      else this.toolbox.tool.cancel();
    }
    this.mode = "pinch";
    this.toolbox.moved();
  }

  #move(event) {
    const now = this.#on(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") this.toolbox.hover(this.#place(event));
      return;
    }
    if (this.mode === "pinch") this.#pinch(event.pointerId, now);
    else if (this.mode === "pan") this.toolbox.viewport.pan(now[0] - before[0], now[1] - before[1]);
    else if (this.mode === "draw") {
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length ? events : [event]) this.toolbox.tool.move(this.#place(each));
    }
    this.pointers.set(event.pointerId, now);
    if (this.mode !== "draw") this.toolbox.moved();
    this.toolbox.hover(this.#place(event));
  }

  #pinch(id, now) {
    const before = [...this.pointers.values()].slice(0, 2);
    this.pointers.set(id, now);
    this.toolbox.viewport.pinch(before, [...this.pointers.values()].slice(0, 2));
  }

  #up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.mode === "draw") this.toolbox.tool.end(this.#place(event));
    // The finger that stays after a pinch does not draw.
    this.mode = this.pointers.size && this.mode === "pinch" ? "pan" : this.pointers.size ? this.mode : null;
    if (event.pointerType === "touch") this.toolbox.hover(null);
    this.toolbox.moved();
  }

  #cancel(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.abort();
    this.toolbox.moved();
  }

  #wheel(event) {
    event.preventDefault();
    const [x, y] = this.#on(event);
    const unit = event.deltaMode === 1 ? 16 : 1;
    // A touchpad's pinch comes as ctrl + wheel; a mouse wheel zooms too, shift moves sideways.
    if (event.shiftKey) this.toolbox.viewport.pan(-(event.deltaY || event.deltaX) * unit, 0);
    else if (!event.ctrlKey && Math.abs(event.deltaX) > 0) this.toolbox.viewport.pan(-event.deltaX * unit, -event.deltaY * unit);
    else this.toolbox.viewport.zoomBy(Math.exp((-event.deltaY * unit) / (event.ctrlKey ? 120 : 400)), x, y);
    this.toolbox.moved();
    this.toolbox.hover(this.#place(event));
  }

  #on(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #place(event) {
    const screen = this.#on(event);
    const [x, y] = this.toolbox.viewport.toPicture(...screen);
    const pressure = event.pointerType === "pen" && this.toolbox.pressureCounts ? event.pressure : 1;
    return {
      x: rounded(x),
      y: rounded(y),
      pressure: rounded(pressure, 1000),
      screen,
      shift: event.shiftKey,
      alt: event.altKey || event.button === 2,
    };
  }
}

/** The server gets the very numbers that were drawn with, so they are made short before. */
function rounded(value, parts = 100) {
  return Math.round(value * parts) / parts;
}
