// Restore, erase, and the smart brush: a way of points that is thinned to what can be seen.

const LONGEST = 4000; // points of one stroke; a longer one goes on as the next

export class BrushTool {
  /** `toolbox`: { session, settings: { size, hardness, strength, mode }, failed(error), pendingChanged() } */
  isHeld = true; // draws from down to up

  constructor(toolbox, name) {
    this.toolbox = toolbox;
    this.name = name; // restore, erase, smart
    this.stroke = null;
    this.drawn = null;
    this.waiting = []; // places that the next frame draws
    this.pending = new Map(); // smart strokes without an answer, and the promises of one
    this.last = null;
  }

  get drawsRound() {
    return true;
  }

  begin(place) {
    const { size, hardness, strength, mode } = this.toolbox.settings;
    const tool = this.name === "smart" ? mode : this.name;
    this.stroke = { tool: place.alt ? other(tool) : tool, size, hardness, strength, points: [] };
    if (this.name === "smart") this.stroke.smart = true;
    else this.drawn = this.toolbox.session.draw(this.stroke);
    if (place.shift && this.last) this.#add(this.last);
    this.#add(place);
  }

  move(place) {
    if (this.stroke) this.waiting.push(place);
  }

  /** Draws what came since the last frame. */
  frame() {
    for (const place of this.waiting.splice(0)) if (this.#isFarEnough(place)) this.#add(place);
  }

  end(place = null) {
    if (!this.stroke) return;
    this.frame();
    if (place && this.#differs(place)) this.#add(place);
    this.last = place ?? this.last;
    const { stroke, drawn } = this;
    this.stroke = this.drawn = null;
    if (stroke.smart) this.pending.set(stroke, this.#ask(stroke));
    else this.toolbox.session.commit(stroke, drawn.end());
  }

  cancel() {
    if (!this.stroke) return;
    const { stroke, drawn } = this;
    this.stroke = this.drawn = null;
    this.waiting = [];
    if (stroke.smart) this.toolbox.pendingChanged();
    else this.toolbox.session.drop(drawn.end());
  }

  /** Ways to show above the picture: smart ones that are drawn or wait. */
  get ways() {
    const drawing = this.stroke?.smart ? [this.stroke] : [];
    return [...this.pending.keys(), ...drawing];
  }

  /** When every smart stroke has its answer: a save before that would leave it out. */
  settled() {
    return Promise.all(this.pending.values());
  }

  #add(place) {
    const point = [place.x, place.y, place.pressure];
    this.stroke.points.push(point);
    if (this.stroke.smart) this.toolbox.pendingChanged();
    else this.toolbox.session.drew(this.drawn.extend(point));
    if (this.stroke.points.length >= LONGEST) {
      this.end(place);
      this.begin({ ...place, shift: false });
    }
  }

  #isFarEnough(place) {
    const [x, y, pressure] = this.stroke.points.at(-1);
    const step = Math.max(0.5, this.stroke.size / 24);
    return Math.hypot(place.x - x, place.y - y) >= step || Math.abs(place.pressure - pressure) > 0.08;
  }

  #differs(place) {
    const [x, y] = this.stroke.points.at(-1);
    return place.x !== x || place.y !== y;
  }

  async #ask(stroke) {
    this.toolbox.pendingChanged();
    await this.toolbox.run(stroke);
    this.pending.delete(stroke);
    this.toolbox.pendingChanged();
  }
}

function other(tool) {
  return tool === "restore" ? "erase" : "restore";
}
