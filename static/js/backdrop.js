// <backdrop-picker for="id"> puts a colour of one's own behind the picture; the fixed ones need no script.

class BackdropPicker extends HTMLElement {
  connectedCallback() {
    this.colour = this.querySelector(".colour-input");
    this.colour.addEventListener("input", () => this.#show());
    this.#show();
  }

  #show() {
    const picture = document.getElementById(this.getAttribute("for"));
    for (const element of [this, picture]) element.style.setProperty("--picked", this.colour.value);
  }
}

customElements.define("backdrop-picker", BackdropPicker);
