// Says what a map's units are and their values: under the pointer, and where the arrow keys lead.

import { make, showText } from "../parts/dom.js";

/** @import { MapRow } from "./map_row.js" */
/** @import { Unit } from "./tile_layout.js" */

const WITHIN = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

/**
 * @param {HTMLElement} place  holds all maps
 * @param {HTMLElement} tip
 * @param {(canvas: HTMLCanvasElement) => MapRow | undefined} rowOf
 * @param {(text: string) => void} say  to screen readers
 */
export function readMaps(place, tip, rowOf, say) {
  place.addEventListener("pointermove", ({ target, offsetX, offsetY, clientX, clientY }) => {
    const row = target instanceof HTMLCanvasElement ? rowOf(target) : undefined;
    showTip(tip, row?.describe(row.painter.pixelAt(offsetX, offsetY)) ?? "", clientX, clientY);
  });
  place.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });
  readByKeys(place, tip, rowOf, say);
}

/** @type {typeof readMaps} */
function readByKeys(place, tip, rowOf, say) {
  const cursor = make("div", { class: "map-cursor" });
  /** @type {Unit} */
  let unit = { tile: 0, x: 0, y: 0 };

  /** @param {HTMLCanvasElement} canvas @param {string} key */
  const move = (canvas, key) => {
    const row = rowOf(canvas);
    if (!row) return;
    unit = row.painter.unitAfter(unit, key);
    const { left, top, side } = row.painter.boxOf(unit);
    Object.assign(cursor.style, { left: `${canvas.offsetLeft + left}px`, top: `${canvas.offsetTop + top}px`, width: `${side}px`, height: `${side}px` });
    canvas.after(cursor);
    const text = row.describe(unit);
    const on = canvas.getBoundingClientRect();
    showTip(tip, text, on.left + left + side, on.top + top + side);
    say(text);
  };
  place.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLCanvasElement)) return;
    for (const other of place.querySelectorAll("canvas")) other.tabIndex = other === target ? 0 : -1;
    unit = { tile: 0, x: 0, y: 0 };
    if (target.matches(":focus-visible")) move(target, "Home");
  });
  place.addEventListener("focusout", () => {
    cursor.remove();
    tip.hidden = true;
  });
  place.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!(target instanceof HTMLCanvasElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (WITHIN.includes(key)) move(target, key);
    else if (key === "PageDown" || key === "PageUp") neighbor(place, target, key === "PageDown" ? 1 : -1)?.focus();
    else return;
    event.preventDefault(); // or else the page would scroll
  });
}

/** The map after or before one, of those that are shown. @param {HTMLElement} place @param {HTMLCanvasElement} canvas @param {1 | -1} step */
function neighbor(place, canvas, step) {
  const shown = [...place.querySelectorAll("canvas")].filter((each) => each.offsetParent !== null);
  return shown[shown.indexOf(canvas) + step];
}

/**
 * Shows a text beside a place of the window, or hides the tip where there is none.
 * @param {HTMLElement} tip
 * @param {string} text
 * @param {number} x
 * @param {number} y
 */
function showTip(tip, text, x, y) {
  showText(tip, text);
  if (tip.hidden) return;
  const { offsetWidth: width, offsetHeight: height } = tip;
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? y - height - 10 : y + 18}px`;
}
