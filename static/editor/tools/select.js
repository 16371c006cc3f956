// Select: point at something, or drag a box around it, and the server finds its outline. More clicks say more.

const DRAG = 6; // CSS px that make a click a box
const TOUCHED = 2; // decimals are of no use to a net

export class SelectTool {
  /** `toolbox`: { api, session, viewport, frame, say(words), failed(error), pendingChanged() } */
  takesRight = true; // the right button says what does not belong
  takesBox = true; // held down, it spans a box

  constructor(toolbox) {
    this.toolbox = toolbox;
    this.looked = null; // a promise that the server has seen the photo
    this.#clear();
  }

  /** What is drawn above the picture: { rings, points, box }, or null. */
  get selection() {
    const { rings, points, drag } = this;
    const box = drag?.box ?? this.box;
    return rings.length || points.length || box ? { rings, points, box } : null;
  }

  get canFinish() {
    return this.rings.length > 0;
  }

  /** Taken in hand: the server looks at the photo, so that the first click is answered at once. */
  taken() {
    this.looked ??= this.#look();
  }

  begin(place) {
    this.drag = { from: place, box: null };
  }

  move(place) {
    if (!this.drag) return;
    const { from } = this.drag;
    const { scale } = this.toolbox.viewport;
    const far = Math.hypot(place.x - from.x, place.y - from.y) * scale > DRAG;
    if (far || this.drag.box) this.drag.box = this.#inside(from, place);
    this.toolbox.pendingChanged();
  }

  end(place) {
    if (!this.drag) return;
    const { from, box } = this.drag;
    this.drag = null;
    if (box) this.box = box;
    else if (this.#isOn(from)) this.points.push([rounded(from.x), rounded(from.y), from.alt ? 0 : 1]);
    else return;
    this.#ask();
  }

  frame() {}

  /** Enter restores what is selected, Delete erases it. */
  finish(mode = "restore") {
    const { rings } = this;
    if (!rings.length) return;
    this.#clear();
    this.toolbox.run({ tool: "lasso", mode: mode === "restore" ? "add" : "remove", points: joined(rings) });
    this.#show();
  }

  cancel() {
    this.#clear();
    this.#show();
  }

  #clear() {
    this.points = [];
    this.box = null;
    this.rings = [];
    this.drag = null;
    this.number = (this.number ?? 0) + 1; // of the question; an answer to an older one is not wanted any more
  }

  async #look() {
    await this.#answered({ points: [], box: null }, "Looking at the photo …");
  }

  async #ask() {
    const number = ++this.number;
    const { points, box } = this;
    this.toolbox.pendingChanged();
    if (!box && points.every(([, , inside]) => !inside)) return; // nothing is wanted yet
    await this.looked;
    const rings = await this.#answered({ points, box }, "Finding its outline …");
    if (number !== this.number || !rings) return;
    this.rings = rings;
    if (!rings.length) this.toolbox.failed(new Error("Nothing was found there. Point at another part of it, or drag a box around it."));
    this.#show();
  }

  async #answered(prompt, words) {
    this.toolbox.say(words);
    try {
      return await this.toolbox.api.pick(prompt);
    } catch (error) {
      this.looked = null;
      this.toolbox.failed(error);
      return null;
    } finally {
      this.toolbox.say(null);
    }
  }

  #show() {
    this.toolbox.frame.choices(this.rings.length > 0);
    this.toolbox.pendingChanged();
  }

  #isOn({ x, y }) {
    const { width, height } = this.toolbox.viewport;
    return x >= 0 && y >= 0 && x <= width && y <= height;
  }

  /** The box between two places, cut to the picture; null when nothing of it is left. */
  #inside(a, b) {
    const { width, height } = this.toolbox.viewport;
    const [left, right] = [a.x, b.x].sort((p, q) => p - q).map((x) => rounded(Math.min(Math.max(x, 0), width)));
    const [top, bottom] = [a.y, b.y].sort((p, q) => p - q).map((y) => rounded(Math.min(Math.max(y, 0), height)));
    return left < right && top < bottom ? [left, top, right, bottom] : null;
  }
}

/** One closed way of all rings: bridges that are walked there and back enclose nothing. */
export function joined(rings) {
  const home = rings[0][0];
  return rings.flatMap((ring, index) => (index ? [...ring, ring[0], home] : [...ring, home]));
}

function rounded(value) {
  return Number(value.toFixed(TOUCHED));
}
