// Says what a layer's numbers mean, and what to try where something is wrong.

import { trimmed } from "./numbers.js";

/**
 * How values are spread over equal bins; the square roots of the bins' shares in 255ths.
 * @typedef {{low: number, high: number, roots: number[]}} Spread
 */
/** @typedef {{trouble: string, value: number}} Finding */

/** A share in percent. @param {number} share */
export function percent(share) {
  if (share > 0 && share < 0.01) return "<1%";
  return `${Math.round(share * 100)}%`;
}

/** A ratio, as in 0.0013 or 2.4e-6. @param {number} value */
function ratio(value) {
  return value !== 0 && value < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

/** @type {Record<string, (value: number, images: number) => string>} */
const TROUBLES = {
  dead: (value, images) => `${percent(value)} of these units are never active (in the last ${images} images looked at): try a smaller learning rate.`,
  saturated: (value) => `${percent(value)} of these outputs are saturated, and let hardly any gradient through: try a smaller learning rate, or relu.`,
  large_updates: (value) => `Each update changes these weights by ${percent(value)} of their size: try a smaller learning rate.`,
  small_updates: (value) => `Each update changes these weights by only ${ratio(value)} of their size: try a larger learning rate.`,
  exploding: (value) => `Gradients explode on their way back: here they are ${ratio(value)} times as large as in the last layer. Try fewer layers, batchnorm, or a smaller learning rate.`,
  vanishing: (value) => value === 0
    ? "No gradient reaches this layer: it cannot learn. Look for dead or saturated units in the layers after it."
    : `Gradients vanish on their way back: here they are ${ratio(value)} times those in the last layer. Try relu in place of sigmoid or tanh, batchnorm, or fewer layers.`,
};

/** What is wrong, in words; empty where nothing is. @param {Finding[]} found @param {number} images */
export function troubleText(found, images) {
  return found.map(({ trouble, value }) => TROUBLES[trouble]?.(value, images) ?? "").filter(Boolean).join(" ");
}

/** Between which values the middle half lies. @param {Spread} spread @returns {[number, number]} */
export function middleHalf({ low, high, roots }) {
  const shares = roots.map((root) => root * root);
  const all = shares.reduce((sum, share) => sum + share, 0);
  /** @param {number} wanted */
  const quantile = (wanted) => {
    let left = wanted * all;
    const bin = shares.findIndex((share) => (left -= share) <= 0);
    const share = shares[Math.max(bin, 0)] || 1;
    return low + ((high - low) * (Math.max(bin, 0) + 1 + left / share)) / roots.length;
  };
  return [quantile(0.25), quantile(0.75)];
}

/**
 * @param {string} name
 * @param {Spread | null} spread
 * @param {boolean} ofSizes  whether its values are logarithms of sizes
 */
export function spreadText(name, spread, ofSizes) {
  if (!spread) return `${name}: all 0`;
  /** @param {number} value */
  const write = (value) => (ofSizes ? (10 ** value).toExponential(0) : trimmed(value, 2));
  const [from, to] = middleHalf(spread).map(write);
  return `${name}: half from ${from} to ${to}, all from ${write(spread.low)} to ${write(spread.high)}`;
}

/** @param {number | null} value @param {number[]} healthy */
export function updateText(value, healthy) {
  if (value === null) return "Update / weight size: known after the next step";
  const place = value < healthy[0] ? "below" : value > healthy[1] ? "above" : "within";
  return `Update / weight size: ${ratio(value)}, ${place} the healthy band (about 0.001)`;
}

/** @param {number} time  share @param {number} parameters  share */
export function sharesText(time, parameters) {
  const learned = parameters > 0 ? `, ${percent(parameters)} of the parameters` : "";
  return `${percent(time)} of the time${learned}`;
}
