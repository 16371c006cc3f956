// The brush's arithmetic. It is said in processing/pipeline/replay.py, and every line here follows it exactly.

export const FULL = 65535;

function radiusAt(size, pressure) {
  return (size / 2) * (0.2 + 0.8 * pressure);
}

/** The px that the piece from a to b can touch: { left, top, right, bottom }, not cut to the picture. */
export function pieceBox(size, a, b) {
  const reach = size / 2 + 1;
  return {
    left: Math.floor(Math.min(a[0], b[0]) - reach),
    top: Math.floor(Math.min(a[1], b[1]) - reach),
    right: Math.ceil(Math.max(a[0], b[0]) + reach),
    bottom: Math.ceil(Math.max(a[1], b[1]) + reach),
  };
}

/**
 * Raises `cover` (0..65535) to what the piece from a to b covers. Points are [x, y, pressure]; `box` is in px of
 * the picture and says which of them to visit; cover's first value is px (left, top), its rows are `stride` long.
 * `changed(index, cover)` is called for each value that was raised.
 */
export function coverPiece(brush, a, b, box, left, top, stride, cover, changed) {
  const wx = b[0] - a[0], wy = b[1] - a[1];
  const length2 = wx * wx + wy * wy;
  const ra = radiusAt(brush.size, a[2]), rb = radiusAt(brush.size, b[2]);
  const widest = Math.max(ra, rb) + 0.5;
  const widest2 = widest * widest;
  const soft = 1 - brush.hardness;
  for (let y = box.top; y < box.bottom; y++) {
    const py = y + 0.5;
    const along = (py - a[1]) * wy;
    let index = (y - top) * stride + box.left - left;
    for (let x = box.left; x < box.right; x++, index++) {
      if (cover[index] === FULL) continue;
      const px = x + 0.5;
      let t = (px - a[0]) * wx + along;
      if (length2 > 0) t /= length2;
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      const ex = px - (a[0] + t * wx), ey = py - (a[1] + t * wy);
      const d2 = ex * ex + ey * ey;
      if (d2 >= widest2) continue;
      const r = ra + t * (rb - ra);
      let s = (r + 0.5 - Math.sqrt(d2)) / Math.max(r * soft, 1);
      if (s <= 0) continue;
      if (s > 1) s = 1;
      const c = Math.floor(FULL * s * s * (3 - 2 * s) + 0.5);
      if (c > cover[index]) {
        cover[index] = c;
        changed(index, c);
      }
    }
  }
}

/** The level that comes of v under a cover c. */
export function blended(v, c, strength, restores) {
  const k = (strength * c) / FULL;
  return Math.floor((restores ? v + (FULL - v) * k : v - v * k) + 0.5);
}
