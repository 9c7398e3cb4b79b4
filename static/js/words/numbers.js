// Turns numbers into the short text that the page shows.

/** What stands where a number is not known yet. */
export const UNKNOWN = "–";

/**
 * At most `digits` decimals, trailing zeros dropped; tiny values in exponent form, so that a small
 * gradient does not read as zero.
 * @param {number | null | undefined} value
 * @param {number} [digits]
 * @returns {string}
 */
export function trimmed(value, digits = 5) {
  if (!isNumber(value)) return UNKNOWN;
  if (value === 0) return "0";
  const smallest = 10 ** -digits;
  if (Math.abs(value) < smallest || Math.abs(value) >= 1e6) return value.toExponential(1);
  return String(Number(value.toFixed(Math.abs(value) < 10 ? digits : digits - 1)));
}

/**
 * Always `digits` decimals, so that a changing number does not jump about; huge ones in exponent form.
 * @param {number | null | undefined} value
 * @param {number} digits
 */
export function fixed(value, digits) {
  if (!isNumber(value)) return UNKNOWN;
  return Math.abs(value) < 1e9 ? value.toFixed(digits) : value.toExponential(2);
}

/** @param {number | null | undefined} value */
export function count(value) {
  return isNumber(value) ? Math.round(value).toLocaleString("en-US") : UNKNOWN;
}

/** A loss, or a part of one. @param {number | null | undefined} value */
export function loss(value) {
  return fixed(value, 4);
}

/**
 * An accuracy, with as many digits as the number of images that it covers justifies: the last one
 * stands for at least one image. All were right only where it says 100%.
 * @param {number | null | undefined} share  of one
 * @param {number} images
 */
export function accuracy(share, images) {
  if (!isNumber(share)) return UNKNOWN;
  if (share >= 1) return "100%";
  const digits = Math.max(0, Math.floor(Math.log10(images)) - 2);
  return `${Math.min(share * 100, 100 - 10 ** -digits).toFixed(digits)}%`;
}

/**
 * A probability in whole percent; no rounding makes it certain.
 * @param {number} share  of one
 */
export function probability(share) {
  if (share > 0 && share < 0.005) return "<1%";
  if (share < 1 && share >= 0.995) return ">99%";
  return `${(share * 100).toFixed(0)}%`;
}

/** @param {number | null | undefined} value milliseconds */
export function milliseconds(value) {
  if (!isNumber(value)) return UNKNOWN;
  return `${value.toFixed(value < 10 ? 3 : 1)} ms`;
}

/** With separators, and so many decimals. @param {number} value @param {number} digits */
function grouped(value, digits) {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** By how much something has changed. @param {number} value @param {number} [digits] */
export function signed(value, digits = 0) {
  const size = grouped(Math.abs(value), digits);
  if (Number(size) === 0) return "0";
  return `${value < 0 ? "−" : "+"}${size}`;
}

/** How many of something in a second; 0 where nothing was measured. @param {number | null | undefined} value */
export function rate(value) {
  if (!isNumber(value) || value === 0) return UNKNOWN;
  return value < 10 ? String(Number(value.toPrecision(2))) : count(value);
}

/** How long something takes; estimates are no better than two digits. @param {number | null | undefined} value seconds */
export function seconds(value) {
  if (!isNumber(value)) return UNKNOWN;
  return value < 100 ? `${Number(value.toPrecision(2))} s` : `${Number((value / 60).toPrecision(2))} min`;
}

/**
 * Counts on an axis: 800, 1.6k, 2M.
 * @param {number} value
 */
export function thousands(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toFixed(2))}M`;
  if (size >= 1e3) return `${Number((value / 1e3).toFixed(2))}k`;
  return String(Number(value.toFixed(2)));
}

const UNITS = /** @type {const} */ ([["day", 86_400], ["hour", 3600], ["minute", 60]]);
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How long ago that was. @param {number} seconds */
export function ago(seconds) {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? [null, 1];
  return unit ? RELATIVE.format(-Math.floor(seconds / length), unit) : "just now";
}

/** @param {number} bytes @param {number} [digits] */
export function megabytes(bytes, digits = 1) {
  return grouped(bytes / 1e6, digits);
}

/** @param {readonly number[]} size  as in 24x24x8 */
export function size(size) {
  return size.join("x");
}

/** @param {unknown} value @returns {value is number} */
function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}
