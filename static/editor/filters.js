// What is done to the whole mask at once. The arithmetic is said in processing/pipeline/replay.py.
// Each takes levels (Uint16Array of width × height) and returns new ones, or null when nothing changes. `tell(part)`
// hears how far it is, 0..1.

import { FULL } from "./brush.js";
import { SIDE, copied, tilesIn } from "./tiles.js";

export function inverted(levels) {
  return levels.map((v) => FULL - v);
}

export function withoutHoles(levels, width, height) {
  const outside = reachedFromBorder(levels, width, height);
  let filled = null;
  for (let y = 0, index = 0; y < height; y++) {
    for (let x = 0; x < width; x++, index++) {
      if (levels[index] >= 32768 || outside[index]) continue;
      filled ??= levels.slice();
      for (let row = Math.max(0, y - 2); row <= Math.min(height - 1, y + 2); row++) {
        filled.fill(FULL, row * width + Math.max(0, x - 2), row * width + Math.min(width, x + 3));
      }
    }
  }
  return filled;
}

/** 1 where the background hangs together with the picture's border, over side neighbours. */
function reachedFromBorder(levels, width, height) {
  const reached = new Uint8Array(width * height);
  const stack = [];
  const visit = (index) => {
    if (reached[index] || levels[index] >= 32768) return;
    reached[index] = 1;
    stack.push(index);
  };
  for (let x = 0; x < width; x++) visit(x), visit((height - 1) * width + x);
  for (let y = 0; y < height; y++) visit(y * width), visit(y * width + width - 1);
  while (stack.length) {
    const index = stack.pop();
    const x = index % width;
    if (x > 0) visit(index - 1);
    if (x < width - 1) visit(index + 1);
    if (index >= width) visit(index - width);
    if (index < (height - 1) * width) visit(index + width);
  }
  return reached;
}

export function grown(levels, width, height, px, tell) {
  if (px === 0) return null;
  const shrinks = px < 0;
  const n = Math.abs(px);
  const reaches = Array.from({ length: n + 1 }, (_, dy) => Math.floor(Math.sqrt(n * n - dy * dy) + 0.5));
  const out = levels.slice();
  for (const tile of liveTiles(levels, width, height, () => false, tell)) {
    const near = window(levels, width, height, tile, n, (v) => (shrinks ? FULL - v : v), false);
    const runs = longestRuns(near, 2 * n + 1);
    for (let y = tile.top; y < tile.bottom; y++) {
      for (let x = tile.left; x < tile.right; x++) {
        const v = largestInDisc(runs, near.stride, x - tile.left + n, y - tile.top + n, reaches);
        out[y * width + x] = shrinks ? FULL - v : v;
      }
    }
  }
  return out;
}

/** runs[k][i]: the largest of the 2^k values from i on, within rows. */
function longestRuns(near, longest) {
  const runs = [near.values];
  for (let k = 1; 2 ** k <= longest; k++) {
    const last = runs[k - 1], half = 2 ** (k - 1);
    runs.push(last.map((v, index) => Math.max(v, last[Math.min(index + half, last.length - 1)])));
  }
  return runs;
}

function largestInDisc(runs, stride, x, y, reaches) {
  let v = 0;
  for (let dy = 0; dy < reaches.length; dy++) {
    const reach = reaches[dy];
    const k = 31 - Math.clz32(2 * reach + 1);
    const run = runs[k];
    const above = (y - dy) * stride + x, below = (y + dy) * stride + x, last = reach - 2 ** k + 1;
    v = Math.max(v, run[above - reach], run[above + last], run[below - reach], run[below + last]);
  }
  return v;
}

export function smoothed(levels, width, height, sigma, tell) {
  const reach = Math.ceil(3 * sigma);
  const weights = gaussian(sigma, reach);
  const out = levels.slice();
  for (const tile of liveTiles(levels, width, height, (v) => v !== 0 && v !== FULL, tell)) {
    const near = window(levels, width, height, tile, reach, (v) => v, true);
    const blurred = blurredInside(near, weights, reach, tile);
    for (let y = tile.top, index = 0; y < tile.bottom; y++) {
      for (let x = tile.left; x < tile.right; x++, index++) {
        const sharp = 0.5 + (blurred[index] / FULL - 0.5) * (1 + sigma);
        out[y * width + x] = Math.floor(FULL * Math.min(1, Math.max(0, sharp)) + 0.5);
      }
    }
  }
  return out;
}

function gaussian(sigma, reach) {
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

function blurredInside(near, weights, reach, tile) {
  const across = tile.right - tile.left, down = tile.bottom - tile.top;
  const rows = new Float32Array(near.rows * across);
  for (let y = 0; y < near.rows; y++) {
    for (let x = 0; x < across; x++) {
      let sum = 0;
      for (let i = 0, at = y * near.stride + x; i < weights.length; i++) sum += weights[i] * near.values[at + i];
      rows[y * across + x] = sum;
    }
  }
  const blurred = new Float32Array(across * down);
  for (let index = 0; index < blurred.length; index++) {
    let sum = 0;
    for (let i = 0, at = index; i < weights.length; i++, at += across) sum += weights[i] * rows[at];
    blurred[index] = sum;
  }
  return blurred;
}

/** Tiles whose neighbourhood is not all the same value, or whose one value `changes`. */
function* liveTiles(levels, width, height, changes, tell = () => {}) {
  const across = Math.ceil(width / SIDE), down = Math.ceil(height / SIDE);
  const tiles = [...tilesIn({ left: 0, top: 0, right: width, bottom: height }, width, height)];
  const values = tiles.map((tile) => copied(levels, width, tile));
  for (const tile of tiles) {
    const column = tile.number % across, row = Math.floor(tile.number / across);
    const value = values[tile.number];
    let calm = typeof value === "number";
    for (let dy = -1; calm && dy <= 1; dy++) {
      for (let dx = -1; calm && dx <= 1; dx++) {
        const x = column + dx, y = row + dy;
        if (x >= 0 && x < across && y >= 0 && y < down) calm = values[y * across + x] === value;
      }
    }
    if (!calm || changes(value)) yield tile;
    tell((tile.number + 1) / tiles.length);
  }
}

/** The values of a tile and `more` px around it; beyond the picture its rim repeated, or 0. */
function window(levels, width, height, tile, more, read, repeats) {
  const stride = tile.right - tile.left + 2 * more, rows = tile.bottom - tile.top + 2 * more;
  const values = new Uint16Array(stride * rows);
  for (let row = 0, index = 0; row < rows; row++) {
    const y = tile.top + row - more;
    const inY = Math.min(Math.max(y, 0), height - 1);
    for (let column = 0; column < stride; column++, index++) {
      const x = tile.left + column - more;
      const inX = Math.min(Math.max(x, 0), width - 1);
      if (repeats || (x === inX && y === inY)) values[index] = read(levels[inY * width + inX]);
    }
  }
  return { values, stride, rows };
}
