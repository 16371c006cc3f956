// Where the picture lies on the screen. Picture coordinates are px of the source, screen coordinates CSS px from
// the stage's corner. No DOM in here.

const CLOSEST = 32; // screen px for one px of the picture
const SMALLEST = 0.5; // of the size that fits

export class Viewport {
  constructor(width, height) {
    this.width = width; // of the picture
    this.height = height;
    this.stage = { width: 1, height: 1 };
    this.scale = 1;
    this.x = 0; // where the picture's corner is on the screen
    this.y = 0;
  }

  /** Takes a new size of the stage and keeps its middle where it was in the picture. */
  resize(width, height) {
    const middle = this.toPicture(this.stage.width / 2, this.stage.height / 2);
    this.stage = { width, height };
    this.#place(middle, width / 2, height / 2);
  }

  get fitting() {
    const margin = Math.min(32, this.stage.width / 16);
    const across = (this.stage.width - 2 * margin) / this.width;
    const down = (this.stage.height - 2 * margin) / this.height;
    return Math.max(Math.min(across, down, CLOSEST), 1e-4);
  }

  fit() {
    this.scale = this.fitting;
    this.#place([this.width / 2, this.height / 2], this.stage.width / 2, this.stage.height / 2);
  }

  /** One px of the picture is one px of the screen, whose density is `dpr`. */
  actual(dpr, x = this.stage.width / 2, y = this.stage.height / 2) {
    this.zoomTo(1 / dpr, x, y);
    this.x = Math.round(this.x * dpr) / dpr; // else every px would be a mixture of its neighbours
    this.y = Math.round(this.y * dpr) / dpr;
  }

  toPicture(x, y) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  toScreen(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  /** Zooms so that the place of the picture under (x, y) stays there. */
  zoomTo(scale, x = this.stage.width / 2, y = this.stage.height / 2) {
    const place = this.toPicture(x, y);
    this.scale = Math.min(CLOSEST, Math.max(scale, Math.min(this.fitting * SMALLEST, 0.25)));
    this.#place(place, x, y);
  }

  zoomBy(factor, x, y) {
    this.zoomTo(this.scale * factor, x, y);
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#keepInSight();
  }

  /** Two fingers that were at `before` are at `now` (each two [x, y]): pan and zoom in one. */
  pinch(before, now) {
    const spread = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const [fromX, fromY] = middle(before), [toX, toY] = middle(now);
    this.pan(toX - fromX, toY - fromY);
    if (spread(before) > 0) this.zoomBy(spread(now) / spread(before), toX, toY);
  }

  /** The box of the screen that a box of the picture takes. */
  boxOnScreen(box) {
    const [left, top] = this.toScreen(box.left, box.top);
    const [right, bottom] = this.toScreen(box.right, box.bottom);
    return { left, top, right, bottom };
  }

  #place([px, py], x, y) {
    this.x = x - px * this.scale;
    this.y = y - py * this.scale;
    this.#keepInSight();
  }

  /** At least a corner of the picture stays on the stage. */
  #keepInSight() {
    const keep = 48;
    const across = this.width * this.scale, down = this.height * this.scale;
    this.x = Math.min(Math.max(this.x, Math.min(keep, across) - across), this.stage.width - Math.min(keep, across));
    this.y = Math.min(Math.max(this.y, Math.min(keep, down) - down), this.stage.height - Math.min(keep, down));
  }
}
