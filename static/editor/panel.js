// The settings at the right: what the brush is like, what lies behind the cutout. Kept from one photo to the next.

const LARGEST = 500; // px
const KEPT = "mask-settings";
const BACKDROPS = ["checker", "white", "black", "colour"];

/** The slider is finer where brushes are small: 0..1000 becomes 1..500 by equal factors. */
function sizeAt(slide) {
  return Math.round(LARGEST ** (slide / 1000));
}

function slideAt(size) {
  return Math.round((1000 * Math.log(size)) / Math.log(LARGEST));
}

export class Panel extends EventTarget {
  constructor(root) {
    super();
    this.root = root;
    this.settings = { size: 60, hardness: 0.6, strength: 1, mode: "restore", pressure: true, backdrop: "checker", colour: "#2f8f5b" };
    this.#recall();
    for (const id of ["size", "hardness", "strength", "px"]) this.#of(id).addEventListener("input", () => this.#read());
    this.#of("pressure").addEventListener("change", () => this.#read());
    this.#of("colour").addEventListener("input", () => this.#read());
    for (const input of root.querySelectorAll("[name=mode], [name=backdrop]")) input.addEventListener("change", () => this.#read());
    this.#write();
  }

  get px() {
    return Number(this.#of("px").value);
  }

  get backdrop() {
    const { backdrop, colour } = this.settings;
    return backdrop === "colour" ? colour : backdrop;
  }

  set(changes) {
    Object.assign(this.settings, changes);
    this.#write();
  }

  /** By a factor, but at least by 1 px, as the keys do. */
  resize(factor) {
    const { size } = this.settings;
    const next = Math.round(size * factor);
    this.set({ size: Math.min(LARGEST, Math.max(1, next === size ? size + Math.sign(factor - 1) : next)) });
  }

  nudge(name, by) {
    const least = name === "strength" ? 0.01 : 0;
    this.set({ [name]: Math.min(1, Math.max(least, Math.round((this.settings[name] + by) * 100) / 100)) });
  }

  nextBackdrop() {
    this.set({ backdrop: BACKDROPS[(BACKDROPS.indexOf(this.settings.backdrop) + 1) % BACKDROPS.length] });
  }

  /** Shows the groups that belong to the tool in hand. */
  showFor(tool) {
    for (const part of this.root.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(tool);
  }

  #read() {
    const checked = (name) => this.root.querySelector(`[name=${name}]:checked`).value;
    this.set({
      size: sizeAt(Number(this.#of("size").value)),
      hardness: Number(this.#of("hardness").value) / 100,
      strength: Number(this.#of("strength").value) / 100,
      pressure: this.#of("pressure").checked,
      colour: this.#of("colour").value,
      mode: checked("mode"),
      backdrop: checked("backdrop"),
    });
  }

  #write() {
    const { size, hardness, strength, pressure, colour, mode, backdrop } = this.settings;
    if (sizeAt(Number(this.#of("size").value)) !== size) this.#of("size").value = slideAt(size);
    this.#of("hardness").value = Math.round(hardness * 100);
    this.#of("strength").value = Math.round(strength * 100);
    this.#of("pressure").checked = pressure;
    this.#of("colour").value = colour;
    this.root.querySelector(`[name=mode][value=${mode}]`).checked = true;
    this.root.querySelector(`[name=backdrop][value=${backdrop}]`).checked = true;
    this.root.querySelector("#own-swatch").style.setProperty("--picked", colour);
    this.#of("size-out").value = `${size} px`;
    this.#of("hardness-out").value = `${Math.round(hardness * 100)} %`;
    this.#of("strength-out").value = `${Math.round(strength * 100)} %`;
    this.#of("px-out").value = `${this.px} px`;
    this.#keep();
    this.dispatchEvent(new Event("change"));
  }

  #of(id) {
    return this.root.querySelector(`#${id}`);
  }

  #recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT)) ?? {};
      for (const [name, value] of Object.entries(this.settings)) {
        if (typeof kept[name] === typeof value) this.settings[name] = kept[name];
      }
      if (!BACKDROPS.includes(this.settings.backdrop)) this.settings.backdrop = "checker";
      if (!["restore", "erase"].includes(this.settings.mode)) this.settings.mode = "restore";
    } catch {
      // Storage is switched off: it begins as always.
    }
  }

  #keep() {
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.settings));
    } catch {
      // Storage is switched off: the settings hold for this page.
    }
  }
}
