// <copy-button> copies the text of its field.

class CopyButton extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("input, textarea"), button = this.querySelector("button");
    field.addEventListener("focus", () => field.select());
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        button.textContent = "Copied";
      } catch {
        button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl C";
      }
    });
  }
}

customElements.define("copy-button", CopyButton);
