// The stage: where the picture lies, what is drawn when, what the cursor looks like. Knows of a tool only what it shows.

import { Marks } from "./marks.js";
import { Renderer, VIEWS } from "./renderer.js";
import { Viewport } from "./viewport.js";

const LOUPE = [1.5, 4]; // times closer than the stage: at most, as far as the brush still fits into it
const MOST_DENSE = 2; // device px for a CSS px; more costs time and is not seen while drawing

export class Stage {
  /** `hands`: { tool, pointer, settings, isOpen }, what is in hand at the moment. */
  constructor(root, frame, size, hands) {
    this.root = root;
    this.frame = frame;
    this.size = size;
    this.hands = hands;
    this.element = root.querySelector("#stage");
    this.viewport = new Viewport(size.width, size.height);
    this.loupeView = new Viewport(size.width, size.height);
    this.scene = { mask: null, pyramid: null, photo: null, proxy: null, foreground: null, view: "cutout", backdrop: "checker", ghost: false, checks: this.#probed().slice(0, 2) };
    this.renderer = new Renderer(root.querySelector("#picture"), this.viewport, this.scene);
    this.loupe = new Renderer(root.querySelector("#loupe"), this.loupeView, this.scene);
    this.marks = new Marks(root.querySelector("#marks"), this.viewport);
    this.pointed = null; // the place under the pointer
    this.asked = 0; // a frame is on its way
    this.loupeShown = false;
  }

  /** Follows the window's size and the page's colours from now on. */
  watch() {
    this.#fill();
    new ResizeObserver(() => this.#fill()).observe(this.element);
    const recolour = () => {
      this.scene.checks = this.#probed().slice(0, 2);
      this.renderer.forgetColours();
      this.ask();
    };
    new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  }

  // --- What changed ---

  /** Something above the picture: the brush, a lasso on its way. */
  ask() {
    this.asked ||= requestAnimationFrame(() => this.#draw());
  }

  /** Everything. */
  renew(changes = {}) {
    Object.assign(this.scene, changes);
    this.renderer.all();
    this.ask();
  }

  /** A box of the mask. */
  changed(box, mask, pyramid) {
    Object.assign(this.scene, { mask, pyramid });
    this.renderer.changed(box);
    this.ask();
  }

  /** The viewport, or what is in hand. */
  moved() {
    this.frame.of("zoom").value = `${Math.round(this.viewport.scale * this.density * 100)} %`;
    this.recursor();
    this.renew({ ghost: this.hands.restores });
  }

  hover(place) {
    this.pointed = place;
    this.hands.tool.hover?.(place);
    this.ask();
  }

  recursor() {
    this.element.dataset.cursor = this.#cursor();
  }

  get density() {
    return Math.min(devicePixelRatio || 1, MOST_DENSE);
  }

  // --- Looking ---

  fit() {
    this.viewport.fit();
    this.moved();
  }

  actual() {
    this.viewport.actual(this.density, ...this.#towards);
    this.moved();
  }

  zoomBy(factor) {
    this.viewport.zoomBy(factor, ...this.#towards);
    this.moved();
  }

  pan(x, y) {
    this.viewport.pan(x, y);
    this.moved();
  }

  show(view) {
    this.frame.press("view", view);
    this.renew({ view });
  }

  nextView() {
    this.show(VIEWS[(VIEWS.indexOf(this.scene.view) + 1) % VIEWS.length]);
  }

  toggleLoupe() {
    this.loupeShown = !this.loupeShown;
    this.loupe.canvas.hidden = true;
    this.frame.toggled("loupe", this.loupeShown);
    this.ask();
  }

  /** Zooming by keys goes to the place under the pointer. */
  get #towards() {
    return this.pointed?.screen ?? [];
  }

  // --- Drawing ---

  #fill() {
    const { clientWidth, clientHeight } = this.element;
    if (!clientWidth || !clientHeight) return;
    const { viewport } = this;
    const isFirst = viewport.stage.width === 1;
    const fits = Math.abs(viewport.scale - viewport.fitting) < 1e-6;
    viewport.resize(clientWidth, clientHeight);
    if (isFirst || fits) viewport.fit();
    this.renderer.resize(clientWidth, clientHeight, this.density);
    this.marks.resize(clientWidth, clientHeight, this.density);
    this.moved();
  }

  #draw() {
    this.asked = 0;
    const began = performance.now();
    const { tool, pointer, isOpen } = this.hands;
    const drawing = pointer.mode === "draw";
    if (isOpen) tool.frame();
    const drew = this.renderer.draw();
    const accent = tool.ways?.length || tool.selection ? this.#probed()[2] : "";
    this.marks.draw({ brush: this.#outline(), path: tool.path, ways: tool.ways ?? [], selection: tool.selection, cross: this.#cross(), accent });
    if (this.loupeShown || pointer.isTouch) this.#drawLoupe();
    this.frame.place(this.pointed, this.size);
    if (drawing && drew) performance.measure("stroke-frame", { start: began });
  }

  #outline() {
    const { tool, pointer, settings } = this.hands;
    const { pointed } = this;
    if (!pointed || !tool.drawsRound || pointer.handKey || pointer.mode === "pan" || pointer.mode === "pinch") return null;
    return { x: pointed.x, y: pointed.y, size: settings.size * (0.2 + 0.8 * pointed.pressure), hardness: settings.hardness };
  }

  /** A pointer that keys move is drawn, as the system shows none. */
  #cross() {
    return this.pointed?.byKeys ? this.pointed.screen : null;
  }

  #drawLoupe() {
    const { loupe, loupeView, pointed, hands } = this;
    const { canvas } = loupe;
    canvas.hidden = !pointed || (!this.loupeShown && hands.pointer.mode !== "draw");
    if (canvas.hidden) return;
    const side = canvas.clientWidth;
    canvas.classList.toggle("right", pointed.screen[0] < side + 60 && pointed.screen[1] < side + 60);
    if (loupeView.stage.width !== side || loupe.dpr !== this.density) {
      loupeView.stage = { width: side, height: side };
      loupe.resize(side, side, this.density);
    }
    const fitting = (0.7 * side) / (hands.settings.size * this.viewport.scale);
    loupeView.scale = this.viewport.scale * Math.min(LOUPE[1], Math.max(LOUPE[0], fitting));
    loupeView.x = side / 2 - pointed.x * loupeView.scale;
    loupeView.y = side / 2 - pointed.y * loupeView.scale;
    loupe.all();
    loupe.draw();
  }

  #cursor() {
    const { tool, pointer, isOpen } = this.hands;
    if (pointer.mode === "pan" || pointer.mode === "pinch") return "grabbing";
    if (pointer.handKey || tool.isHand) return "grab";
    return tool.drawsRound && isOpen ? "none" : "crosshair";
  }

  /** The page's own colours, in the brightness it has now: the checkerboard's two and the accent. */
  #probed() {
    return [...this.root.querySelectorAll(".mask-probe")].map((probe) => {
      probe.hidden = false;
      const colour = getComputedStyle(probe).backgroundColor;
      probe.hidden = true;
      return colour;
    });
  }
}
