// Smaller copies of the mask, each half of the one before, so that a picture seen from afar is drawn quickly and
// without jagged edges. Kept up to date by boxes.

const SMALLEST = 256;

export class Pyramid {
  /** `floors` when somebody else has made them already. */
  constructor(mask, floors = null) {
    this.mask = mask;
    this.floors = floors ?? [];
    if (floors) return;
    let { width, height } = mask;
    while (Math.max(width, height) > SMALLEST) {
      width = Math.ceil(width / 2);
      height = Math.ceil(height / 2);
      this.floors.push({ width, height, levels: new Uint16Array(width * height) });
    }
    this.update({ left: 0, top: 0, right: mask.width, bottom: mask.height });
  }

  /** The copy whose px are at least one px of the screen apart: { width, height, levels, factor }. */
  floor(scale) {
    const number = Math.min(Math.max(0, Math.floor(Math.log2(1 / scale))), this.floors.length);
    const { width, height, levels } = number ? this.floors[number - 1] : this.mask;
    return { width, height, levels, factor: 2 ** number };
  }

  /** Brings a changed box of the mask into all copies. */
  update(box) {
    let from = this.mask;
    let { left, top, right, bottom } = box;
    for (const to of this.floors) {
      left = Math.floor(left / 2);
      top = Math.floor(top / 2);
      right = Math.min(Math.ceil(right / 2), to.width);
      bottom = Math.min(Math.ceil(bottom / 2), to.height);
      halve(from, to, left, top, right, bottom);
      from = to;
    }
  }
}

function halve(from, to, left, top, right, bottom) {
  const source = from.levels, lastX = from.width - 1, lastY = from.height - 1;
  for (let y = top; y < bottom; y++) {
    const above = 2 * y * from.width, below = Math.min(2 * y + 1, lastY) * from.width;
    for (let x = left; x < right; x++) {
      const x0 = 2 * x, x1 = Math.min(x0 + 1, lastX);
      to.levels[y * to.width + x] = (source[above + x0] + source[above + x1] + source[below + x0] + source[below + x1]) >> 2;
    }
  }
}
