// What is edited at one mask: the mask, its small copies, what was done to it. Says "drawn" with the box that changed,
// "done" when there is something to keep, and "busy" with how far long work is (0..1, null when it is over).
//
// One thing happens after the other: what comes while a brush is down or long work is under way waits for its end, so
// that strokes are kept in the order in which they changed the mask. The server does them in that order again.

import { History } from "./history.js";
import { Mask, takesAll } from "./mask.js";
import { Pyramid } from "./pyramid.js";

export class Session extends EventTarget {
  /** `workerClient` does what takes long: see worker-client.js. */
  constructor(api, workerClient) {
    super();
    this.api = api;
    this.workerClient = workerClient;
    this.history = new History();
    this.likeness = new WeakMap(); // of smart strokes
    this.mask = null;
    this.pyramid = null;
    this.turn = Promise.resolve(); // the end of all that was asked for
    this.up = null; // when the brush that is down is lifted
    this.lift = null;
  }

  /** Begins on the levels of a revision and does the strokes of a draft again. */
  begin({ width, height, levels }, revision, strokes = []) {
    return this.#inTurn(async () => {
      for (const stroke of strokes) await this.#likenessOf(stroke);
      const made = await this.#worked({ width, height, levels }, strokes);
      this.mask = new Mask(width, height, made.levels);
      this.pyramid = new Pyramid(this.mask, made.floors);
      this.history.restart(revision);
      strokes.forEach((stroke, index) => this.history.push(stroke, made.patches[index]));
      this.#say("drawn", this.#whole);
      this.#say("done", false);
    });
  }

  /** A brush goes down: what else there is to do waits until it is committed or dropped. */
  draw(stroke) {
    this.up = new Promise((resolve) => (this.lift = resolve));
    return this.mask.begin(stroke);
  }

  /** A brush that is being drawn changed this box. */
  drew(box) {
    if (!box) return;
    this.pyramid.update(box);
    this.#say("drawn", box);
  }

  /** The brush is lifted: its stroke is done. */
  commit(stroke, patch) {
    this.#lifted();
    if (!patch.box) return;
    this.drew(patch.box);
    this.#keep(stroke, patch);
  }

  /** The brush is lifted, and its stroke is as if it had never been. */
  drop(patch) {
    this.#lifted();
    this.drew(this.mask.swap(patch));
  }

  /** Does a whole stroke; asks first what a smart one covers. */
  async run(stroke) {
    const likeness = await this.#likenessOf(stroke);
    return this.#inTurn(async () => {
      if (takesAll(stroke) && this.workerClient.isLarge) return this.#runElsewhere(stroke);
      const patch = this.mask.apply(stroke, likeness);
      this.drew(patch.box);
      this.#keep(stroke, patch);
    });
  }

  undo() {
    const entry = this.history.undo();
    if (!entry) return;
    if (entry.patch) this.drew(this.mask.swap(entry.patch));
    else this.dispatchEvent(new CustomEvent("rebuild"));
    this.#say("done", true);
  }

  redo() {
    const entry = this.history.redo();
    if (!entry) return;
    if (entry.patch) this.drew(this.mask.swap(entry.patch));
    else {
      entry.patch = this.mask.apply(entry.stroke, this.likeness.get(entry.stroke));
      this.drew(entry.patch.box);
    }
    this.#say("done", true);
  }

  /** Takes everything back to the revision that was opened. */
  reset() {
    while (this.history.canUndo && this.history.entries[this.history.done - 1].patch) this.undo();
    if (this.history.canUndo) this.dispatchEvent(new CustomEvent("rebuild", { detail: { nothing: true } }));
  }

  /** Draws anew what is in force, on levels of the revision that was opened; for undo beyond what memory keeps. */
  rebuild({ width, height, levels }) {
    return this.#inTurn(async () => {
      const entries = this.history.entries.slice(0, this.history.done);
      const made = await this.#worked({ width, height, levels }, entries.map(({ stroke }) => stroke));
      entries.forEach((entry, index) => (entry.patch = made.patches[index]));
      this.#take(made);
      this.#say("drawn", this.#whole);
    });
  }

  /** When all that was asked for is done. */
  settled() {
    return this.turn;
  }

  // --- Long work ---

  async #runElsewhere(stroke) {
    const { width, height, levels } = this.mask;
    const made = await this.#worked({ width, height, levels: levels.slice() }, [stroke]);
    const [patch] = made.patches;
    if (patch.box) this.#take(made);
    this.#say("drawn", patch.box ?? { left: 0, top: 0, right: 1, bottom: 1 });
    this.#keep(stroke, patch);
  }

  async #worked(picture, strokes) {
    const pairs = strokes.map((stroke) => [stroke, this.likeness.get(stroke) ?? null]);
    this.#say("busy", 0);
    try {
      return await this.workerClient.strokes(picture, pairs, (part) => this.#say("busy", part));
    } finally {
      this.#say("busy", null);
    }
  }

  #take({ levels, floors }) {
    this.mask.levels = levels;
    this.pyramid.floors = floors;
  }

  // --- Order ---

  #inTurn(work) {
    const done = this.turn.then(async () => {
      while (this.lift) await this.up;
      return work();
    });
    this.turn = done.catch(() => {}); // whoever asked for it hears of the failure
    return done;
  }

  #lifted() {
    this.lift?.();
    this.lift = null;
  }

  #keep(stroke, patch) {
    this.history.push(stroke, patch);
    this.#say("done", true);
  }

  async #likenessOf(stroke) {
    if (!stroke.smart) return null;
    if (!this.likeness.has(stroke)) this.likeness.set(stroke, await this.api.smart(stroke));
    return this.likeness.get(stroke);
  }

  get #whole() {
    return { left: 0, top: 0, right: this.mask.width, bottom: this.mask.height };
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
