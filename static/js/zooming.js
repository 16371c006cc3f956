// Where a picture lies in its frame while somebody looks at it closely. Lengths are CSS px. No DOM in here.
// `base` is how it lies at rest (left, top, width, height in the frame); `zoom` 1 is that size.

const CLOSEST = 32; // screen px for one px of the picture

export class Zooming {
  constructor() {
    this.frame = { width: 1, height: 1 };
    this.base = { left: 0, top: 0, width: 1, height: 1 };
    this.picture = { width: 1, height: 1 }; // its px
    this.dpr = 1;
    this.reset();
  }

  reset() {
    this.zoom = 1;
    this.x = this.y = 0; // how far it is moved from where it lies at rest
  }

  /** The zoom at which one px of the picture is one px of the screen. */
  get actual() {
    return this.picture.width / this.dpr / this.base.width;
  }

  get least() {
    return Math.min(1, this.actual);
  }

  get most() {
    return Math.max(this.actual * CLOSEST, 4);
  }

  get isClose() {
    return this.zoom > 1.001;
  }

  /** Percent of actual pixels. */
  get percent() {
    return Math.round((100 * this.zoom) / this.actual);
  }

  /** Zooms so that what is under (x, y) of the frame stays there. */
  to(zoom, x = this.frame.width / 2, y = this.frame.height / 2) {
    const next = Math.min(this.most, Math.max(this.least, zoom));
    const { left, top } = this.base, by = next / this.zoom;
    this.x = x - left - (x - left - this.x) * by;
    this.y = y - top - (y - top - this.y) * by;
    this.zoom = next;
    this.#keep();
  }

  by(factor, x, y) {
    this.to(this.zoom * factor, x, y);
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#keep();
  }

  /** What another picture needs to show the same: the zoom, and the place in the frame's middle as parts of it. */
  get place() {
    const { left, top, width, height } = this.base;
    const across = (this.frame.width / 2 - left - this.x) / (width * this.zoom);
    const down = (this.frame.height / 2 - top - this.y) / (height * this.zoom);
    return { zoom: this.zoom, across, down };
  }

  set place({ zoom, across, down }) {
    const { left, top, width, height } = this.base;
    this.zoom = Math.min(this.most, Math.max(this.least, zoom));
    this.x = this.frame.width / 2 - left - across * width * this.zoom;
    this.y = this.frame.height / 2 - top - down * height * this.zoom;
    this.#keep();
  }

  /** Smaller than the frame it lies in the middle; larger it covers the frame. */
  #keep() {
    this.x = kept(this.x, this.base.left, this.base.width * this.zoom, this.frame.width);
    this.y = kept(this.y, this.base.top, this.base.height * this.zoom, this.frame.height);
  }
}

function kept(at, rest, size, frame) {
  if (size <= frame) return (frame - size) / 2 - rest;
  return Math.min(-rest, Math.max(frame - size - rest, at));
}
