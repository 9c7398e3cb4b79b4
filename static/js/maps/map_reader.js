// Says what a map's units are and their values, under the pointer and where the arrow keys lead; and
// tells which unit somebody looks at, wants to pin, or which map to see large.

import { make, showText } from "../parts/dom.js";

/** @import { Unit as NetworkUnit } from "../parts/pinned_unit.js" */
/** @import { MapRow } from "./map_row.js" */
/** @import { Unit } from "./tile_layout.js" */

const WITHIN = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

/**
 * @typedef {object} Reading
 * @property {HTMLElement} tip
 * @property {(canvas: HTMLCanvasElement) => MapRow | undefined} rowOf
 * @property {(text: string) => void} say  to screen readers
 * @property {(unit: NetworkUnit | null) => void} look  at a unit of the network, or no more
 * @property {(unit: NetworkUnit) => void} pin
 * @property {(row: MapRow) => void} [enlarge]
 */

/** @param {HTMLElement} place  holds all maps @param {Reading} reading */
export function readMaps(place, reading) {
  const { tip, rowOf, look, pin, enlarge } = reading;
  /** @param {MouseEvent} event */
  const under = ({ target, offsetX, offsetY }) => {
    const row = target instanceof HTMLCanvasElement ? rowOf(target) : undefined;
    return { row, hit: row?.painter.pixelAt(offsetX, offsetY) ?? null };
  };
  place.addEventListener("pointermove", (event) => {
    const { row, hit } = under(event);
    const unit = row?.unitAt(hit) ?? null;
    const more = unit ? " · click explains it" : "";
    showTip(tip, row && hit ? row.describe(hit) + more : "", event.clientX, event.clientY);
    look(unit);
  });
  place.addEventListener("pointerleave", () => {
    tip.hidden = true;
    look(null);
  });
  place.addEventListener("click", (event) => {
    const { row, hit } = under(event);
    const unit = row?.unitAt(hit);
    if (unit) pin(unit);
    const button = event.target instanceof Element ? event.target.closest(".enlarge") : null;
    const shown = button?.closest("figure")?.querySelector("canvas");
    const large = shown ? rowOf(shown) : undefined;
    if (large) enlarge?.(large);
  });
  readByKeys(place, reading);
}

/** @type {typeof readMaps} */
function readByKeys(place, { tip, rowOf, say, look, pin, enlarge }) {
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
    look(row.unitAt(unit));
  };
  /** @param {HTMLCanvasElement} canvas */
  const pinThere = (canvas) => {
    const pinned = rowOf(canvas)?.unitAt(unit);
    if (pinned) pin(pinned);
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
    look(null);
  });
  place.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!(target instanceof HTMLCanvasElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rowOf(target);
    if (WITHIN.includes(key)) move(target, key);
    else if (key === "PageDown" || key === "PageUp") neighbor(place, target, key === "PageDown" ? 1 : -1)?.focus();
    else if (key === "Enter") pinThere(target);
    else if (key === "+" && enlarge && row) enlarge(row);
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
export function showTip(tip, text, x, y) {
  showText(tip, text);
  if (tip.hidden) return;
  const { offsetWidth: width, offsetHeight: height } = tip;
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? y - height - 10 : y + 18}px`;
}
