// Colors for maps: the original's gray from the least number to the greatest, or colors by sign with
// white for zero.

import { GRAY } from "../parts/pixel_canvas.js";
import { remember, remembered } from "../parts/remembered.js";

/** The ends and the middle of the scale by sign, as red, green and blue. */
const NEGATIVE = [26, 84, 196];
const MIDDLE = [250, 250, 248];
const POSITIVE = [196, 36, 28];
const KEY = "map-colors";

/**
 * The color of a share from −1 (the most negative) to 1.
 * @param {number} share
 * @returns {number[]} red, green and blue
 */
export function signColor(share) {
  const end = share < 0 ? NEGATIVE : POSITIVE;
  const part = Math.min(1, Math.abs(share)) || 0;
  return MIDDLE.map((from, i) => Math.round(from + (end[i] - from) * part));
}

/** Words of a canvas for shares from −1 to 1, in steps of 1/255. */
const SIGNED = Uint32Array.from({ length: 511 }, (_, i) => {
  const [red, green, blue] = signColor((i - 255) / 255);
  return 0xff000000 | (blue << 16) | (green << 8) | red;
});

/** The color of a share as a word of a canvas. @param {number} share */
export function signWord(share) {
  return SIGNED[Math.round(255 * (1 + Math.max(-1, Math.min(1, share || 0))))];
}

/** The same in CSS. @param {number} share */
export function signCss(share) {
  return `rgb(${signColor(share).join(" ")})`;
}

/** Gray, or by sign. @typedef {"gray" | "sign"} Scale */

/**
 * The colors of bytes that stand for numbers from `min` to `max`.
 * @param {Scale} scale
 * @param {number} min
 * @param {number} max
 * @returns {Uint32Array}
 */
export function palette(scale, min, max) {
  if (scale === "gray") return GRAY;
  const most = Math.max(Math.abs(min), Math.abs(max));
  if (!(most > 0)) return new Uint32Array(256).fill(signWord(0));
  return Uint32Array.from({ length: 256 }, (_, i) => signWord((min + ((max - min) * i) / 255) / most));
}

/** The scale that maps are drawn in; whoever draws is told when it changes. */
export class MapColors {
  constructor() {
    /** @type {Scale} */
    this.scale = remembered(KEY) === "sign" ? "sign" : "gray";
    /** @type {(() => void)[]} */
    this.listeners = [];
  }

  /** @param {() => void} listener */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** @param {Scale} scale */
  choose(scale) {
    this.scale = scale;
    remember(KEY, scale === "gray" ? null : scale);
    for (const listener of this.listeners) listener();
  }
}
