// Which photos are selected, and where the arrows lead. Knows ids and boxes, and no document.

export class Selection {
  #chosen = new Set();
  #anchor = null; // where a range begins

  get size() {
    return this.#chosen.size;
  }

  get ids() {
    return [...this.#chosen];
  }

  has(id) {
    return this.#chosen.has(id);
  }

  set(id, on) {
    if (on) this.#chosen.add(id);
    else this.#chosen.delete(id);
    this.#anchor = id;
  }

  toggle(id) {
    this.set(id, !this.has(id));
  }

  /** Everything from the anchor up to `id`, in the order of `all`; the anchor stays, so that a range can shrink. */
  extend(all, id) {
    const from = all.indexOf(this.#anchor);
    const to = all.indexOf(id);
    if (from < 0) return this.set(id, true);
    for (const other of this.#range) this.#chosen.delete(other);
    this.#range = all.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const other of this.#range) this.#chosen.add(other);
  }

  all(ids) {
    for (const id of ids) this.#chosen.add(id);
  }

  clear() {
    this.#chosen.clear();
    this.#anchor = null;
    this.#range = [];
  }

  /** Forgets what is not there any more. */
  keep(ids) {
    const there = new Set(ids);
    for (const id of this.#chosen) if (!there.has(id)) this.#chosen.delete(id);
  }

  #lastRange = { of: null, ids: [] };

  get #range() {
    return this.#lastRange.of === this.#anchor ? this.#lastRange.ids : [];
  }

  set #range(ids) {
    this.#lastRange = { of: this.#anchor, ids };
  }
}

const middle = (box) => box.left + box.width / 2;

/** The index to which a key leads from `at` in a grid of boxes ({ left, top, width }), row after row. */
export function neighbour(boxes, at, key) {
  const last = boxes.length - 1;
  switch (key) {
    case "ArrowLeft":
      return Math.max(0, at - 1);
    case "ArrowRight":
      return Math.min(last, at + 1);
    case "Home":
      return 0;
    case "End":
      return last;
    case "ArrowUp":
    case "ArrowDown":
      return vertical(boxes, at, key === "ArrowDown" ? 1 : -1);
    default:
      return at;
  }
}

function vertical(boxes, at, step) {
  const here = boxes[at];
  let best = at;
  let row = null;
  for (let other = at + step; other >= 0 && other < boxes.length; other += step) {
    const { top } = boxes[other];
    if (Math.abs(top - here.top) < 2) continue; // the same row
    row ??= top;
    if (Math.abs(top - row) >= 2) break;
    if (best === at || Math.abs(middle(boxes[other]) - middle(here)) < Math.abs(middle(boxes[best]) - middle(here))) best = other;
  }
  return best;
}
