// Colors for maps: the original's gray from the least number to the greatest, or colors by sign with
// white for zero.

import { GRAY } from "../parts/pixel_canvas.js";
import { remember, remembered } from "../parts/remembered.js";
import { signWord } from "../parts/sign_colors.js";

const KEY = "map-colors";

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
