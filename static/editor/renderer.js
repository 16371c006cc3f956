// Draws photo and mask onto a canvas: at the screen's own resolution, and only where something changed.

import { FULL } from "./brush.js";
import { between } from "./sampling.js";
import { union } from "./tiles.js";

const VIEWS = ["cutout", "mask", "overlay", "original"];
const TINT = [225, 38, 65]; // of what is removed, in the overlay
const TINT_STRENGTH = 150; // of 255
const CHECK = 10; // CSS px of a square
const OPAQUE = 0xff00, SOFT = 0x0100; // levels from which a px is shown as such
const GHOST = 0.3; // how much of what is removed shines through while it can be restored

export class Renderer {
  constructor(canvas, viewport, scene) {
    this.canvas = canvas;
    this.viewport = viewport;
    this.scene = scene; // { mask, pyramid, photo, proxy, foreground, view, backdrop, ghost, checks: [light, dark] }
    this.context = canvas.getContext("2d");
    this.photoLayer = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
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
    if (mask && view !== "original") this.#drawMask(box, view);
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
    const scale = this.#scale;
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
    this.photoLayer.imageSmoothingEnabled = !this.#showsPixels;
    this.photoLayer.imageSmoothingQuality = scale < 0.7 ? "medium" : "low";
    this.photoLayer.drawImage(
      photo,
      seen.left * across, seen.top * down, (seen.right - seen.left) * across, (seen.bottom - seen.top) * down,
      on.left * dpr, on.top * dpr, (on.right - on.left) * dpr, (on.bottom - on.top) * dpr,
    );
  }

  /** What the view wants of the mask in a box of the screen: the cutout, grey, or a tint where it is clear. */
  #drawMask(box, view) {
    const { viewport, dpr, maskLayer } = this;
    maskLayer.clearRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    const on = viewport.boxOnScreen({ left: 0, top: 0, right: viewport.width, bottom: viewport.height });
    const first = (edge) => Math.ceil(edge * dpr - 0.5); // px whose centre is beyond it
    const seen = this.#cut({
      left: Math.max(box.left, first(on.left)),
      top: Math.max(box.top, first(on.top)),
      right: Math.min(box.right, first(on.right)),
      bottom: Math.min(box.bottom, first(on.bottom)),
    });
    if (!seen) return;
    const across = places(seen.left, seen.right, viewport.x, viewport.scale * viewport.width, dpr);
    const down = places(seen.top, seen.bottom, viewport.y, viewport.scale * viewport.height, dpr);
    const levels = this.#sampled(across, down);
    const image = view === "cutout" ? this.#cutout(seen, levels, across, down) : coloured(levels, across.length, COLOURS[view]);
    maskLayer.putImageData(image, seen.left, seen.top);
  }

  /** The mask's levels at places of the picture, in rows. */
  #sampled(across, down) {
    const { viewport } = this;
    const { levels, width, height, factor } = this.scene.pyramid.floor(this.#scale);
    const columns = between(across.map((place) => (place * viewport.width) / factor), width, 1, this.#showsPixels);
    const rows = between(down.map((place) => (place * viewport.height) / factor), height, width, this.#showsPixels);
    const { starts, ends, parts } = columns;
    const sampled = new Uint16Array(across.length * down.length);
    for (let y = 0, index = 0; y < down.length; y++) {
      const above = rows.starts[y], below = rows.ends[y], part = rows.parts[y];
      for (let x = 0; x < across.length; x++, index++) {
        const left = starts[x], right = ends[x];
        const a = levels[above + left], b = levels[above + right], c = levels[below + left], d = levels[below + right];
        if (a === d && b === d && c === d) {
          sampled[index] = a;
          continue;
        }
        const upper = a + parts[x] * (b - a), lower = c + parts[x] * (d - c);
        sampled[index] = upper + part * (lower - upper) + 0.5;
      }
    }
    return sampled;
  }

  /** The photo as opaque as the mask says, where it is soft with the foreground's own colours. */
  #cutout(box, levels, across, down) {
    const { foreground } = this.scene;
    const image = this.photoLayer.getImageData(box.left, box.top, across.length, down.length);
    const { data } = image, pixels = new Uint32Array(data.buffer);
    const columns = foreground?.columns(across), rows = foreground?.rows(down);
    for (let y = 0, index = 0; y < down.length; y++) {
      for (let x = 0; x < across.length; x++, index++) {
        const level = levels[index];
        if (level >= OPAQUE) continue;
        if (level < SOFT) {
          pixels[index] = 0;
          continue;
        }
        const at = 4 * index;
        data[at + 3] = Math.min(data[at + 3], level >> 8);
        if (foreground) foreground.separate(data, at, columns, x, rows, y, level / FULL);
      }
    }
    return image;
  }

  /** Device px for one px of the picture. */
  get #scale() {
    return this.viewport.scale * this.dpr;
  }

  /** So close that the single px of photo and mask are to be seen. */
  get #showsPixels() {
    return this.#scale >= 3;
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
    if (view === "cutout") this.#ground(put);
    if (view === "original" || view === "overlay") put(this.photoLayer);
    if (view !== "original") put(this.maskLayer);
    context.restore();
  }

  /** What lies behind the cutout. */
  #ground(put) {
    this.#fillPicture();
    if (!this.scene.ghost) return;
    this.context.globalAlpha = GHOST;
    put(this.photoLayer);
    this.context.globalAlpha = 1;
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

/** Where px `start` to `end` of the screen lie across (down) the picture, which is `extent` long there: 0..1. */
function places(start, end, offset, extent, dpr) {
  return Float64Array.from({ length: end - start }, (_, i) => ((start + i + 0.5) / dpr - offset) / extent);
}

function coloured(levels, width, colours) {
  const image = new ImageData(width, levels.length / width);
  const pixels = new Uint32Array(image.data.buffer);
  for (let index = 0; index < levels.length; index++) pixels[index] = colours[levels[index] >> 8];
  return image;
}

// Colours by the mask's upper 8 bits, in the byte order of ImageData on the machines browsers run on.
function table(rgba) {
  return Uint32Array.from({ length: 256 }, (_, value) => {
    const [r, g, b, a] = rgba(value);
    return ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}

const COLOURS = {
  mask: table((value) => [value, value, value, 255]),
  overlay: table((value) => [...TINT, Math.round(((255 - value) * TINT_STRENGTH) / 255)]),
};

export { VIEWS };
