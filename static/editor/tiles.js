// A picture in squares, so that work and memory follow what is touched and not the size of the picture.

export const SIDE = 256;

/** The part of a box that lies inside of width × height; right and bottom are exclusive. Null when empty. */
export function clipped(box, width, height) {
  const left = Math.max(0, Math.floor(box.left));
  const top = Math.max(0, Math.floor(box.top));
  const right = Math.min(width, Math.ceil(box.right));
  const bottom = Math.min(height, Math.ceil(box.bottom));
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}

/** The smallest box around two boxes, either of which may be null. */
export function union(a, b) {
  if (!a || !b) return a || b;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** The tiles that a clipped box meets, each with its number and its own box in px of the picture. */
export function* tilesIn(box, width, height) {
  const across = Math.ceil(width / SIDE);
  for (let row = Math.floor(box.top / SIDE); row * SIDE < box.bottom; row++) {
    for (let column = Math.floor(box.left / SIDE); column * SIDE < box.right; column++) {
      const left = column * SIDE, top = row * SIDE;
      yield {
        number: row * across + column,
        left,
        top,
        right: Math.min(left + SIDE, width),
        bottom: Math.min(top + SIDE, height),
      };
    }
  }
}

/** A tile's values: one number when all are the same, else a copy in rows of SIDE. */
export function copied(levels, width, tile) {
  const first = levels[tile.top * width + tile.left];
  const copy = new Uint16Array(SIDE * SIDE);
  let same = true;
  for (let y = tile.top; y < tile.bottom; y++) {
    const row = levels.subarray(y * width + tile.left, y * width + tile.right);
    copy.set(row, (y - tile.top) * SIDE);
    if (same) same = row.every((value) => value === first);
  }
  return same ? first : copy;
}

/** Puts values as `copied` gives them into the picture. */
export function pasted(levels, width, tile, values) {
  for (let y = tile.top; y < tile.bottom; y++) {
    const start = y * width + tile.left;
    if (typeof values === "number") levels.fill(values, start, y * width + tile.right);
    else levels.set(values.subarray((y - tile.top) * SIDE, (y - tile.top) * SIDE + tile.right - tile.left), start);
  }
}

export function bytesOf(values) {
  return typeof values === "number" ? 8 : values.byteLength;
}
