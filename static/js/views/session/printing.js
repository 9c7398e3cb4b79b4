// Has the graphs drawn for paper while the browser prints: light, and as wide as a page.

/** Canvases keep their pixels when styles change, so that a style sheet alone is not enough. */
export function showPrinting() {
  const root = document.documentElement;
  /** @param {boolean} on */
  const print = (on) => {
    root.toggleAttribute("data-printing", on);
    root.dispatchEvent(new CustomEvent("themechange"));
  };
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
}
