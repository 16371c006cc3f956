// Between which columns (rows) of a picture the px of the screen lie. No DOM in here.

/**
 * For each of `places` (px of a picture, its first one reaches from 0 to 1) the two columns (rows) whose centres are
 * around it, times `step`, and how far it is from the first one to the second, 0..1. Beyond the outermost centres it stays
 * as there. With `nearest` the one that the place is in, alone.
 */
export function between(places, count, step = 1, nearest = false) {
  const starts = new Int32Array(places.length), ends = new Int32Array(places.length), parts = new Float32Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const place = Math.min(count - 1, Math.max(0, nearest ? Math.floor(places[i]) : places[i] - 0.5));
    const start = Math.floor(place);
    starts[i] = start * step;
    ends[i] = Math.min(count - 1, start + 1) * step;
    parts[i] = place - start;
  }
  return { starts, ends, parts };
}
