// How much of each pixel lies inside of a closed way. The arithmetic is said in processing/pipeline/replay.py.

import { FULL } from "./brush.js";

const LINES = 4;

/** Calls row(y, cover) for each row that the way can touch; cover is width long, 0..65535, and used again. */
export function lassoRows(points, width, height, row) {
  const ys = points.map((point) => point[1]);
  const top = Math.max(0, Math.floor(least(ys)));
  const bottom = Math.min(height, Math.ceil(-least(ys.map((y) => -y))));
  const steps = new Float64Array(width + 2);
  const cover = new Uint16Array(width);
  for (let y = top; y < bottom; y++) {
    steps.fill(0);
    for (let line = 0; line < LINES; line++) addLine(points, y + (line + 0.5) / LINES, steps, width);
    let length = 0;
    for (let x = 0; x < width; x++) {
      length += steps[x];
      const inner = length < 0 ? 0 : length > LINES ? LINES : length;
      cover[x] = Math.floor((FULL * inner) / LINES + 0.5);
    }
    row(y, cover);
  }
}

function least(values) {
  return values.reduce((a, b) => Math.min(a, b));
}

function addLine(points, y, steps, width) {
  const meetings = [];
  for (let i = 0; i < points.length; i++) {
    const [x0, y0] = points[i], [x1, y1] = points[(i + 1) % points.length];
    if (y0 <= y === y1 <= y) continue;
    meetings.push([x0 + ((y - y0) * (x1 - x0)) / (y1 - y0), y1 > y0 ? 1 : -1]);
  }
  meetings.sort((a, b) => a[0] - b[0]);
  let winding = 0;
  for (const [x, turn] of meetings) {
    const before = winding;
    winding += turn;
    if (before === 0) addStep(steps, x, 1, width);
    else if (winding === 0) addStep(steps, x, -1, width);
  }
}

function addStep(steps, x, sign, width) {
  const place = Math.min(Math.max(x, 0), width);
  const column = Math.floor(place);
  const part = place - column;
  steps[column] += sign * (1 - part);
  steps[column + 1] += sign * part;
}
