// The mask: levels of 0 (clear) to 65535 (opaque), strokes that change them, and patches that change them back.
// No DOM in here. What a stroke does is said in processing/pipeline/replay.py; the server repeats it on save.

import { FULL, blended, coverPiece, pieceBox } from "./brush.js";
import { lassoRows } from "./lasso.js";
import { SIDE, bytesOf, clipped, copied, pasted, tilesIn, union } from "./tiles.js";
import { grown, inverted, smoothed, withoutHoles } from "./filters.js";

/** What a change replaced: values by tile. Swapping it takes the change back, swapping again makes it again. */
export class Patch {
  constructor(tiles = new Map(), box = null) {
    this.tiles = tiles;
    this.box = box;
  }

  get bytes() {
    let sum = 0;
    for (const { values } of this.tiles.values()) sum += bytesOf(values);
    return sum;
  }
}

export class Mask {
  constructor(width, height, levels = new Uint16Array(width * height)) {
    this.width = width;
    this.height = height;
    this.levels = levels;
  }

  /** Begins a way of the brush that grows while it is drawn: see BrushStroke. */
  begin(brush) {
    return new BrushStroke(this, brush);
  }

  /**
   * Does a whole stroke; returns its patch. `likeness` is what the server found for a smart one; `tell(part)` hears
   * how far it is, 0..1, where it takes long.
   */
  apply(stroke, likeness = null, tell = undefined) {
    if (stroke.tool === "lasso") return this.#lassoed(stroke);
    return takesAll(stroke) ? this.#replaced(this.#whole(stroke, tell)) : this.#brushed(stroke, likeness);
  }

  /** Exchanges a patch with what is there; returns the box that changed. */
  swap(patch) {
    for (const entry of patch.tiles.values()) {
      const now = copied(this.levels, this.width, entry.tile);
      pasted(this.levels, this.width, entry.tile, entry.values);
      entry.values = now;
    }
    return patch.box;
  }

  #brushed(stroke, likeness) {
    if (stroke.smart && !likeness) throw new Error("A smart stroke needs the server's answer.");
    const drawn = this.begin(stroke);
    for (const point of stroke.points) drawn.extend(point);
    return drawn.end(likeness);
  }

  #whole(stroke, tell) {
    const { levels, width, height } = this;
    switch (stroke.tool) {
      case "invert": return inverted(levels);
      case "fill_holes": return withoutHoles(levels, width, height);
      case "grow": return grown(levels, width, height, stroke.px, tell);
      case "smooth": return smoothed(levels, width, height, stroke.px, tell);
    }
    throw new Error(`No such tool: ${stroke.tool}`);
  }

  /** Costs what the lasso's box takes, however large the picture is. */
  #lassoed(stroke) {
    const { levels, width, height } = this;
    const patch = new Patch();
    const box = clipped(boxAround(stroke.points), width, height);
    if (!box) return patch;
    for (const tile of tilesIn(box, width, height)) {
      patch.tiles.set(tile.number, { tile, values: copied(levels, width, tile) });
    }
    lassoRows(stroke.points, width, height, (y, cover) => {
      for (let x = box.left, index = y * width + x; x < box.right; x++, index++) {
        if (cover[x]) levels[index] = blended(levels[index], cover[x], 1, stroke.mode === "add");
      }
    });
    patch.box = box;
    return patch;
  }

  /** Takes over new levels and keeps the tiles that differ. */
  #replaced(next) {
    const { levels, width, height } = this;
    const patch = new Patch();
    if (!next) return patch;
    this.levels = next;
    for (const tile of tilesIn({ left: 0, top: 0, right: width, bottom: height }, width, height)) {
      if (!differs(levels, next, width, tile)) continue;
      patch.tiles.set(tile.number, { tile, values: copied(levels, width, tile) });
      patch.box = union(patch.box, tile);
    }
    return patch;
  }
}

/** Whether a stroke is done to the whole mask at once. */
export function takesAll(stroke) {
  return !stroke.points;
}

function boxAround(points) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    box.left = Math.min(box.left, x), box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y), box.bottom = Math.max(box.bottom, y);
  }
  return box;
}

function differs(a, b, width, tile) {
  for (let y = tile.top; y < tile.bottom; y++) {
    for (let index = y * width + tile.left; index < y * width + tile.right; index++) {
      if (a[index] !== b[index]) return true;
    }
  }
  return false;
}

/** One way of the brush. It covers each pixel by the most that any of its pieces does, and so never adds up. */
class BrushStroke {
  constructor(mask, brush) {
    this.mask = mask;
    this.brush = brush;
    this.covers = new Map();
    this.patch = new Patch();
    this.last = null;
  }

  /** Draws on to a point [x, y, pressure = 1]; returns the box that changed, or null. */
  extend(point) {
    const to = [point[0], point[1], point[2] ?? 1];
    const from = this.last ?? to;
    this.last = to;
    const { width, height } = this.mask;
    const box = clipped(pieceBox(this.brush.size, from, to), width, height);
    if (!box) return null;
    for (const tile of tilesIn(box, width, height)) this.#extendTile(tile, clipTo(box, tile), from, to);
    this.patch.box = union(this.patch.box, box);
    return box;
  }

  /** Ends the way and returns its patch. A smart way shows only now, as far as `likeness` allows. */
  end(likeness = null) {
    if (this.brush.smart) this.#blendAll(likeness);
    for (const entry of this.patch.tiles.values()) entry.values = compact(entry.values, entry.tile);
    return this.patch;
  }

  #extendTile(tile, box, from, to) {
    const cover = this.#coverOf(tile);
    const { levels, width } = this.mask;
    const { strength, tool, smart } = this.brush;
    const before = this.patch.tiles.get(tile.number).values;
    const restores = tool === "restore";
    const show = (index, c) => {
      const x = index % SIDE, y = (index - x) / SIDE;
      levels[(tile.top + y) * width + tile.left + x] = blended(before[index], c, strength, restores);
    };
    coverPiece(this.brush, from, to, box, tile.left, tile.top, SIDE, cover, smart ? () => {} : show);
  }

  #coverOf(tile) {
    let cover = this.covers.get(tile.number);
    if (!cover) {
      cover = new Uint16Array(SIDE * SIDE);
      this.covers.set(tile.number, cover);
      const values = copied(this.mask.levels, this.mask.width, tile);
      this.patch.tiles.set(tile.number, { tile, values: spread(values) });
    }
    return cover;
  }

  #blendAll(likeness) {
    const { levels, width } = this.mask;
    for (const { tile, values } of this.patch.tiles.values()) {
      const cover = this.covers.get(tile.number);
      for (let y = tile.top; y < tile.bottom; y++) {
        for (let x = tile.left; x < tile.right; x++) {
          const index = (y - tile.top) * SIDE + x - tile.left;
          if (!cover[index]) continue;
          const c = Math.floor(cover[index] * (likeAt(likeness, x, y) / 255) + 0.5);
          levels[y * width + x] = blended(values[index], c, this.brush.strength, this.brush.tool === "restore");
        }
      }
    }
  }
}

/** What the server says of a smart stroke: 0..255 for each px of a box, 0 outside of it. */
export class Likeness {
  constructor(left, top, width, height, values) {
    Object.assign(this, { left, top, width, height, values });
  }
}

/** A likeness that went to a worker and came without its class is one all the same. */
function likeAt({ left, top, width, height, values }, x, y) {
  const column = x - left, row = y - top;
  const inside = column >= 0 && row >= 0 && column < width && row < height;
  return inside ? values[row * width + column] : 0;
}

function clipTo(box, tile) {
  return {
    left: Math.max(box.left, tile.left),
    top: Math.max(box.top, tile.top),
    right: Math.min(box.right, tile.right),
    bottom: Math.min(box.bottom, tile.bottom),
  };
}

function spread(values) {
  return typeof values === "number" ? new Uint16Array(SIDE * SIDE).fill(values) : values;
}

/** One number for a tile of one value; the part of a tile beyond the picture's rim does not count. */
function compact(values, tile) {
  const across = tile.right - tile.left;
  for (let y = 0; y < tile.bottom - tile.top; y++) {
    for (let x = 0; x < across; x++) if (values[y * SIDE + x] !== values[0]) return values;
  }
  return values[0];
}

export { FULL };
