// <before-after> lays the photo over its cutout; a range input underneath the grip does mouse, touch and keys.

const ARROWS = "m9 7-5 5 5 5M15 7l5 5-5 5";

function grip() {
  const mark = document.createElement("span");
  mark.className = "grip";
  mark.setAttribute("aria-hidden", "true");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ARROWS);
  svg.append(path);
  mark.append(svg);
  const rail = document.createElement("span");
  rail.className = "rail";
  rail.append(mark);
  return rail;
}

class BeforeAfter extends HTMLElement {
  connectedCallback() {
    this.range = this.querySelector("input[type=range]");
    if (!this.range || this.querySelector(".grip")) return;
    const rail = grip(), mark = rail.firstChild;
    this.append(rail);
    // While the picture is moved about by dragging, the mark alone moves the line.
    mark.addEventListener("pointerdown", (event) => mark.setPointerCapture(event.pointerId));
    mark.addEventListener("pointermove", (event) => this.#drag(mark, event));
    this.range.addEventListener("input", () => this.#show());
    this.range.addEventListener("keydown", (event) => this.#step(event));
    this.addEventListener("pointerdown", () => this.classList.remove("revealing"));
    this.#show();
    if (this.hasAttribute("data-reveal")) this.#reveal();
  }

  #show() {
    this.classList.remove("revealing");
    this.style.setProperty("--at", `${this.range.value}%`);
    this.range.setAttribute("aria-valuetext", `${Math.round(this.range.value)} % of the photo before`);
  }

  #drag(mark, event) {
    if (!mark.hasPointerCapture(event.pointerId)) return;
    const box = this.getBoundingClientRect();
    this.range.value = (100 * (event.clientX - box.left)) / box.width;
    this.#show();
  }

  // A step of the browser would be a thousandth of the width.
  #step(event) {
    const by = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -20, PageUp: 20 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.range.value = Number(this.range.value) + by * (event.shiftKey ? 5 : 1);
    this.#show();
  }

  // The background goes once, when both pictures are there to be seen.
  async #reveal() {
    const pictures = [...this.querySelectorAll("img")];
    await Promise.all(pictures.map((picture) => picture.decode().catch(() => {})));
    this.classList.add("revealing");
    this.addEventListener("animationend", () => this.classList.remove("revealing"), { once: true });
  }
}

customElements.define("before-after", BeforeAfter);
