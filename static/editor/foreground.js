// The foreground's own colours at soft edges, as the result has them: no trace of the old background. What a mixture
// leaves unexplained of both layers' smooth colours is given to the foreground by its alpha. No DOM in here; the
// arithmetic is said in processing/pipeline/foreground.py. It asks for the alpha of now, so that edges that are drawn
// are taken apart at once, and opaque px keep the photo's colour.

import { between } from "./sampling.js";

export class Foreground {
  /** `pixels`: RGBA of width × 2 · height, the foreground's smooth colours above the background's. */
  constructor(width, height, pixels) {
    Object.assign(this, { width, height, pixels, below: 4 * width * height });
  }

  /** Where each of `places` (0..1 across the picture) lies between columns. */
  columns(places) {
    return between(places.map((place) => place * this.width), this.width, 4);
  }

  /** Where each of `places` (0..1 down the picture) lies between rows. */
  rows(places) {
    return between(places.map((place) => place * this.height), this.height, 4 * this.width);
  }

  /** Exchanges the mixture in data[at..at+3) for the foreground's part of it; `x` and `y` count `columns` and `rows`. */
  separate(data, at, columns, x, rows, y, alpha) {
    const { pixels, below } = this;
    const right = columns.parts[x], down = rows.parts[y];
    const a = rows.starts[y] + columns.starts[x], b = rows.starts[y] + columns.ends[x];
    const c = rows.ends[y] + columns.starts[x], d = rows.ends[y] + columns.ends[x];
    const ofD = right * down, ofC = down - ofD, ofB = right - ofD, ofA = 1 - right - ofC;
    for (let i = 0; i < 3; i++) {
      const front = ofA * pixels[a + i] + ofB * pixels[b + i] + ofC * pixels[c + i] + ofD * pixels[d + i];
      const j = below + i;
      const back = ofA * pixels[a + j] + ofB * pixels[b + j] + ofC * pixels[c + j] + ofD * pixels[d + j];
      data[at + i] = front + alpha * (data[at + i] - alpha * front - (1 - alpha) * back);
    }
  }
}
