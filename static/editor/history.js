// What was done, in order, and how far back one stands in it. Knows nothing of pixels: an entry holds a stroke and
// whatever its maker needs to take it back, which may be dropped to spare memory.

const BUDGET = 256 * 1024 * 1024; // bytes of patches that are kept; older strokes are taken back by drawing anew

export class History {
  constructor(budget = BUDGET) {
    this.budget = budget;
    this.entries = [];
    this.done = 0; // entries[0..done) are in force, the rest can be done again
    this.marks = [{ revision: 0, at: 0 }]; // saved revisions, and after how many strokes each was saved
  }

  get canUndo() {
    return this.done > 0;
  }

  get canRedo() {
    return this.done < this.entries.length;
  }

  /** Adds what was just done; what could have been done again is forgotten. */
  push(stroke, patch) {
    this.entries.length = this.done;
    this.marks = this.marks.filter((mark) => mark.at <= this.done);
    this.entries.push({ stroke, patch });
    this.done += 1;
    this.#spare();
  }

  /** Steps back; the entry to take back, or null at the beginning. */
  undo() {
    if (!this.canUndo) return null;
    this.done -= 1;
    return this.entries[this.done];
  }

  /** Steps forward; the entry to do again, or null at the end. */
  redo() {
    if (!this.canRedo) return null;
    this.done += 1;
    return this.entries[this.done - 1];
  }

  /** The strokes in force. */
  get strokes() {
    return this.entries.slice(0, this.done).map((entry) => entry.stroke);
  }

  /** Notes that what is in force now was saved as a revision. */
  mark(revision, at = this.done) {
    this.marks = this.marks.filter((mark) => mark.at !== at);
    this.marks.push({ revision, at });
    this.marks.sort((a, b) => a.at - b.at);
  }

  /** Where a save begins: the last saved revision at or before now, and the strokes since. */
  get unsaved() {
    const base = this.marks.findLast((mark) => mark.at <= this.done) ?? this.marks[0];
    return { base: base.revision, strokes: this.strokes.slice(base.at) };
  }

  get isSaved() {
    return this.marks.some((mark) => mark.at === this.done);
  }

  /** Begins anew on a revision. */
  restart(revision) {
    this.entries = [];
    this.done = 0;
    this.marks = [{ revision, at: 0 }];
  }

  #spare() {
    let bytes = 0;
    for (let index = this.entries.length - 1; index >= 0; index--) {
      const { patch } = this.entries[index];
      bytes += patch?.bytes ?? 0;
      if (bytes > this.budget) this.entries[index].patch = null;
    }
  }
}
