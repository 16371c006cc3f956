// Draws photo and mask onto a canvas: at the screen's own resolution, and only where something changed.

import { union } from "./tiles.js";

const VIEWS = ["cutout", "mask", "overlay", "original"];
const TINT = [225, 38, 65]; // of what is removed, in the overlay
const TINT_STRENGTH = 150; // of 255
const CHECK = 10; // CSS px of a square
const GHOST = 0.3; // how much of what is removed shines through while it can be restored

export class Renderer {
  constructor(canvas, viewport, scene) {
    this.canvas = canvas;
    this.viewport = viewport;
    this.scene = scene; // { mask, pyramid, photo, proxy, view, backdrop, ghost, checks: [light, dark] }
    this.context = canvas.getContext("2d");
    this.photoLayer = document.createElement("canvas").getContext("2d");
    this.maskLayer = document.createElement("canvas").getContext("2d");
    this.dirty = null; // device px
    this.photoIsStale = true;
    this.pattern = null;
  }

  resize(width, height, dpr) {
    this.dpr = dpr;
    for (const { canvas } of [this.context, this.photoLayer, this.maskLayer]) {
      canvas.width = Math.max(1, Math.round(width * dpr));
      canvas.height = Math.max(1, Math.round(height * dpr));
    }
    this.pattern = null;
    this.all();
  }

  /** Everything has to be drawn again: the viewport, the photo or the view changed. */
  all() {
    this.photoIsStale = true;
    this.dirty = this.#whole();
  }

  /** A box of the picture changed. */
  changed(box) {
    if (!box) return;
    const { left, top, right, bottom } = this.viewport.boxOnScreen(box);
    const { dpr } = this;
    this.dirty = union(this.dirty, {
      left: Math.floor(left * dpr) - 2,
      top: Math.floor(top * dpr) - 2,
      right: Math.ceil(right * dpr) + 2,
      bottom: Math.ceil(bottom * dpr) + 2,
    });
  }

  forgetColours() {
    this.pattern = null;
    this.all();
  }

  /** Draws what changed; whether there was anything. */
  draw() {
    const box = this.#cut(this.dirty);
    this.dirty = null;
    if (!box) return false;
    if (this.photoIsStale) this.#drawPhoto();
    const { mask, view } = this.scene;
    if (mask && view !== "original") this.maskLayer.putImageData(this.#sampled(box, view), box.left, box.top);
    this.#compose(box, mask ? view : "original");
    return true;
  }

  #whole() {
    return { left: 0, top: 0, right: this.canvas.width, bottom: this.canvas.height };
  }

  #cut(box) {
    if (!box) return null;
    const cut = {
      left: Math.max(0, box.left),
      top: Math.max(0, box.top),
      right: Math.min(this.canvas.width, box.right),
      bottom: Math.min(this.canvas.height, box.bottom),
    };
    return cut.left < cut.right && cut.top < cut.bottom ? cut : null;
  }

  /** The photo where the viewport has it. Of a large one only the part that is seen is given to the canvas. */
  #drawPhoto() {
    this.photoIsStale = false;
    const { canvas } = this.photoLayer;
    const { scene, viewport, dpr } = this;
    this.photoLayer.clearRect(0, 0, canvas.width, canvas.height);
    const scale = viewport.scale * dpr;
    const isSmall = scene.proxy && scale * viewport.width <= scene.proxy.width * 1.05;
    const photo = isSmall || !scene.photo ? scene.proxy : scene.photo;
    if (!photo) return;
    const [left, top] = viewport.toPicture(0, 0), [right, bottom] = viewport.toPicture(canvas.width / dpr, canvas.height / dpr);
    const seen = {
      left: Math.max(0, Math.floor(left)),
      top: Math.max(0, Math.floor(top)),
      right: Math.min(viewport.width, Math.ceil(right)),
      bottom: Math.min(viewport.height, Math.ceil(bottom)),
    };
    if (seen.left >= seen.right || seen.top >= seen.bottom) return;
    const across = photo.width / viewport.width, down = photo.height / viewport.height;
    const on = viewport.boxOnScreen(seen);
    this.photoLayer.imageSmoothingEnabled = scale < 3;
    this.photoLayer.imageSmoothingQuality = scale < 0.7 ? "medium" : "low";
    this.photoLayer.drawImage(
      photo,
      seen.left * across, seen.top * down, (seen.right - seen.left) * across, (seen.bottom - seen.top) * down,
      on.left * dpr, on.top * dpr, (on.right - on.left) * dpr, (on.bottom - on.top) * dpr,
    );
  }

  /** The mask in a box of the screen, as the view wants it: opacity, grey, or a tint where it is clear. */
  #sampled(box, view) {
    const { viewport, dpr } = this;
    const floor = this.scene.pyramid.floor(viewport.scale * dpr);
    const across = box.right - box.left, down = box.bottom - box.top;
    const image = new ImageData(across, down);
    const pixels = new Uint32Array(image.data.buffer);
    const columns = places(box.left, across, viewport.x, viewport.scale, dpr, floor.factor, floor.width, viewport.width);
    const rows = places(box.top, down, viewport.y, viewport.scale, dpr, floor.factor, floor.height, viewport.height);
    const colour = COLOURS[view];
    for (let y = 0, index = 0; y < down; y++) {
      if (rows[y] < 0) {
        index += across;
        continue;
      }
      const start = rows[y] * floor.width;
      for (let x = 0; x < across; x++, index++) {
        if (columns[x] >= 0) pixels[index] = colour[floor.levels[start + columns[x]] >> 8];
      }
    }
    return image;
  }

  #compose(box, view) {
    const { context } = this;
    const width = box.right - box.left, height = box.bottom - box.top;
    const put = (layer) => context.drawImage(layer.canvas, box.left, box.top, width, height, box.left, box.top, width, height);
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, width, height);
    context.clip();
    context.clearRect(box.left, box.top, width, height);
    if (view === "mask") put(this.maskLayer);
    else put(this.photoLayer);
    if (view === "cutout") {
      context.globalCompositeOperation = "destination-in";
      put(this.maskLayer);
      context.globalCompositeOperation = "destination-over";
      if (this.scene.ghost) {
        context.globalAlpha = GHOST;
        put(this.photoLayer);
        context.globalAlpha = 1;
      }
      this.#fillPicture();
    } else if (view === "overlay") put(this.maskLayer);
    context.restore();
  }

  #fillPicture() {
    const { backdrop } = this.scene;
    const { viewport, dpr, context } = this;
    const box = viewport.boxOnScreen({ left: 0, top: 0, right: viewport.width, bottom: viewport.height });
    this.pattern ??= this.#checkerboard();
    context.fillStyle = backdrop === "checker" ? this.pattern : backdrop;
    context.fillRect(box.left * dpr, box.top * dpr, (box.right - box.left) * dpr, (box.bottom - box.top) * dpr);
  }

  #checkerboard() {
    const side = Math.round(CHECK * this.dpr);
    const tile = document.createElement("canvas");
    tile.width = tile.height = 2 * side;
    const context = tile.getContext("2d");
    const [light, dark] = this.scene.checks;
    context.fillStyle = light;
    context.fillRect(0, 0, 2 * side, 2 * side);
    context.fillStyle = dark;
    context.fillRect(0, 0, side, side);
    context.fillRect(side, side, side, side);
    return this.context.createPattern(tile, "repeat");
  }
}

/** For each px of the screen, which column (row) of the mask it shows; -1 beside the picture. */
function places(start, count, offset, scale, dpr, factor, most, whole) {
  const found = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const place = ((start + i + 0.5) / dpr - offset) / scale;
    found[i] = place < 0 || place >= whole ? -1 : Math.min(most - 1, Math.floor(place / factor));
  }
  return found;
}

// Colours by the mask's upper 8 bits, in the byte order of ImageData on the machines browsers run on.
function table(rgba) {
  return Uint32Array.from({ length: 256 }, (_, value) => {
    const [r, g, b, a] = rgba(value);
    return ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}

const COLOURS = {
  cutout: table((value) => [0, 0, 0, value]),
  mask: table((value) => [value, value, value, 255]),
  overlay: table((value) => [...TINT, Math.round(((255 - value) * TINT_STRENGTH) / 255)]),
};

export { VIEWS };
