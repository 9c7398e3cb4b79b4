// The colors of numbers by their sign: blue, white for zero, red; the one scale of maps, sums and heat maps.

/** The ends and the middle of the scale, as red, green and blue; `.sign-scale` shows it in legends. */
const NEGATIVE = [26, 84, 196];
const MIDDLE = [255, 255, 255];
const POSITIVE = [196, 36, 28];

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
