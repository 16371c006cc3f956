// <zoom-stage> shows its picture down to the pixels: wheel, two fingers, drag, keys, and the buttons beside it.
// <zoom-group> has several of them move together.

import { Zooming } from "./zooming.js";

const KEYS = { "+": "in", "=": "in", "-": "out", _: "out", 0: "fit", 1: "actual" };
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const STEP = 1.5, ARROW = 60; // CSS px

class ZoomStage extends HTMLElement {
  #view = new Zooming();
  #fingers = new Map();
  #watch = new ResizeObserver(() => this.#measure());

  connectedCallback() {
    this.target = this.querySelector(".compare");
    this.bar = this.parentElement.querySelector(":scope > .zoom-bar");
    this.bar?.addEventListener("click", (event) => this.#pressed(event.target.closest("[data-zoom]")?.dataset.zoom));
    this.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("dblclick", (event) => this.#twice(event));
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      this.addEventListener(kind, (event) => this[`_${kind}`](event));
    }
    this.show(Number(this.dataset.width), Number(this.dataset.height), this.dataset.full);
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    this.#watch.disconnect();
  }

  /** Another picture is in the frame; its file of `width` × `height` px is at `full`, or nowhere yet. */
  show(width, height, full = "") {
    const { picture } = this.#view;
    const same = picture.width === width && picture.height === height;
    this.#view.picture = { width, height };
    this.dataset.full = full;
    this.asked = false;
    const place = this.target.querySelector(".place");
    place.setAttribute("viewBox", `0 0 ${width} ${height}`);
    place.setAttribute("width", 2 * width); // as in _place.html
    place.setAttribute("height", 2 * height);
    if (!same) this.#view.reset();
    this.#measure();
  }

  /** Puts the full-size file in the place of the preview, as soon as it can be drawn. */
  async load(url) {
    this.dataset.full = "";
    const picture = new Image();
    picture.src = url;
    const shown = this.target.querySelector(".after"), before = shown.src;
    await picture.decode().catch(() => {});
    if (picture.naturalWidth && shown.src === before) shown.src = url;
  }

  get place() {
    return this.#view.place;
  }

  follow(place) {
    this.#view.place = place;
    this.#draw(false);
  }

  #measure() {
    const transform = this.target.style.transform;
    this.target.style.transform = "";
    const frame = this.getBoundingClientRect(), base = this.target.getBoundingClientRect();
    this.target.style.transform = transform;
    const view = this.#view, { place } = view, close = view.isClose;
    view.dpr = devicePixelRatio;
    view.frame = { width: frame.width, height: frame.height };
    view.base = { left: base.left - frame.left, top: base.top - frame.top, width: base.width || 1, height: base.height || 1 };
    if (close) view.place = place;
    else view.reset();
    this.#draw(false);
  }

  #draw(tell = true) {
    const view = this.#view;
    const moved = view.zoom !== 1 || view.x || view.y;
    this.target.style.transform = moved ? `translate(${view.x}px, ${view.y}px) scale(${view.zoom})` : "";
    this.target.style.setProperty("--zoom", view.zoom);
    this.classList.toggle("zoomed", view.isClose);
    this.classList.toggle("pixels", view.percent > 300);
    const level = this.bar?.querySelector("[data-zoom-level]");
    if (level) level.textContent = `${view.percent} %`;
    this.#sharpen();
    if (tell) this.dispatchEvent(new CustomEvent("zoomed", { bubbles: true }));
  }

  /** The preview has too few pixels for this: the file itself is loaded, or asked for once. */
  #sharpen() {
    const shown = this.target.querySelector(".after");
    const needed = this.#view.base.width * this.#view.zoom * devicePixelRatio;
    if (!shown.naturalWidth || needed <= shown.naturalWidth * 1.05 || shown.naturalWidth >= this.#view.picture.width) return;
    if (this.dataset.full) this.load(this.dataset.full);
    else if (this.wanted && !this.asked) {
      this.asked = true;
      this.dispatchEvent(new CustomEvent("wantfull", { bubbles: true }));
    }
  }

  #pressed(what, x, y) {
    const view = this.#view;
    if (!what) return false;
    this.wanted = what === "actual";
    if (what === "in") view.by(STEP, x, y);
    else if (what === "out") view.by(1 / STEP, x, y);
    else if (what === "actual") view.to(view.actual, x, y);
    else view.reset();
    this.#draw();
    return true;
  }

  #at(event) {
    const frame = this.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.#view.by(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), ...this.#at(event));
    this.#draw();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = event.target === this && ARROWS[event.key];
    if (arrow && this.#view.isClose) {
      const far = ARROW * (event.shiftKey ? 4 : 1);
      this.#view.pan(arrow[0] * far, arrow[1] * far);
      this.#draw();
    } else if (!this.#pressed(KEYS[event.key])) return;
    event.preventDefault();
  }

  #twice(event) {
    this.#pressed(this.#view.isClose ? "fit" : "actual", ...this.#at(event));
  }

  _pointerdown(event) {
    this.#fingers.set(event.pointerId, this.#at(event));
    if (event.target.closest(".grip")) return;
    if (this.#view.isClose || this.#fingers.size === 2) this.setPointerCapture(event.pointerId);
  }

  _pointermove(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before || event.target.closest(".grip")) return;
    const now = this.#at(event), others = [...this.#fingers.entries()].filter(([id]) => id !== event.pointerId);
    this.#fingers.set(event.pointerId, now);
    if (others.length) this.#pinch(before, now, others[0][1]);
    else if (this.#view.isClose) this.#view.pan(now[0] - before[0], now[1] - before[1]);
    else return;
    this.#draw();
  }

  #pinch(before, now, other) {
    const spread = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]);
    this.#view.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    if (spread(before) > 0) this.#view.by(spread(now) / spread(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  _pointerup(event) {
    this.#fingers.delete(event.pointerId);
  }

  _pointercancel(event) {
    this.#fingers.delete(event.pointerId);
  }
}

class ZoomGroup extends HTMLElement {
  connectedCallback() {
    this.addEventListener("zoomed", (event) => {
      for (const stage of this.querySelectorAll("zoom-stage")) if (stage !== event.target) stage.follow(event.target.place);
    });
  }
}

customElements.define("zoom-stage", ZoomStage);
customElements.define("zoom-group", ZoomGroup);
