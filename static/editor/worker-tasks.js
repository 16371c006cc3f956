// What takes long on a large picture: reading a mask, and doing strokes to all of it. No DOM in here: it runs in a
// worker (worker.js), or on the page where the picture is small (worker-client.js).

import { Mask } from "./mask.js";
import { readGrey } from "./png16.js";
import { Pyramid } from "./pyramid.js";

export const WORK = {
  /** { width, height, levels } of a PNG's bytes. */
  read: ({ buffer }) => readGrey(buffer),

  /**
   * Does strokes, each with its likeness or null, one after the other: { levels, patches, floors } of what comes of it.
   * `tell(part)` hears how far it is, 0..1.
   */
  strokes({ width, height, levels, strokes }, tell = () => {}) {
    const mask = new Mask(width, height, levels);
    const share = 1 / (strokes.length || 1);
    const patches = strokes.map(([stroke, likeness], index) =>
      mask.apply(stroke, likeness, (part) => tell((index + part) * share)),
    );
    return { levels: mask.levels, patches, floors: new Pyramid(mask).floors };
  },
};

/** The buffers of a result of WORK: they are handed over, not copied. */
export function buffersOf({ levels, patches = [], floors = [] }) {
  const tiles = patches.flatMap(({ tiles }) => [...tiles.values()].map(({ values }) => values));
  return [levels, ...floors.map((floor) => floor.levels), ...tiles].filter(ArrayBuffer.isView).map(({ buffer }) => buffer);
}
