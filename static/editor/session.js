// One sitting at one mask: the mask, its small copies, what was done to it. Says "drawn" with the box that changed
// and "done" when there is something to keep.

import { History } from "./history.js";
import { Mask } from "./mask.js";
import { Pyramid } from "./pyramid.js";

export class Session extends EventTarget {
  constructor(api) {
    super();
    this.api = api;
    this.history = new History();
    this.likeness = new WeakMap(); // of smart strokes
    this.mask = null;
    this.pyramid = null;
  }

  /** Begins on the levels of a revision and does the strokes of a draft again. */
  async begin({ width, height, levels }, revision, strokes = []) {
    const mask = new Mask(width, height, levels);
    const done = [];
    for (const stroke of strokes) done.push([stroke, mask.apply(stroke, await this.#likenessOf(stroke))]);
    this.mask = mask;
    this.pyramid = new Pyramid(mask);
    this.history.restart(revision);
    for (const [stroke, patch] of done) this.history.push(stroke, patch);
    this.#say("drawn", { left: 0, top: 0, right: width, bottom: height });
    this.#say("done", false);
  }

  /** A brush that is being drawn changed this box. */
  drew(box) {
    if (!box) return;
    this.pyramid.update(box);
    this.#say("drawn", box);
  }

  /** A stroke that is drawn already is done. */
  commit(stroke, patch) {
    this.drew(patch.box);
    this.history.push(stroke, patch);
    this.#say("done", true);
  }

  /** Does a whole stroke. */
  run(stroke) {
    this.commit(stroke, this.mask.apply(stroke, this.likeness.get(stroke)));
  }

  /** Asks what a smart stroke covers, and does it then. */
  async runSmart(stroke) {
    await this.#likenessOf(stroke);
    this.run(stroke);
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
    const mask = new Mask(width, height, levels);
    for (const entry of this.history.entries.slice(0, this.history.done)) {
      entry.patch = mask.apply(entry.stroke, this.likeness.get(entry.stroke));
    }
    this.mask.levels = mask.levels;
    this.drew({ left: 0, top: 0, right: width, bottom: height });
  }

  async #likenessOf(stroke) {
    if (!stroke.smart) return null;
    if (!this.likeness.has(stroke)) this.likeness.set(stroke, await this.api.smart(stroke));
    return this.likeness.get(stroke);
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
