// Lays losses and accuracies along the upright axis of a graph, linear or logarithmic.

/**
 * @typedef {object} Axis
 * @property {boolean} log  whether uPlot is to take logarithms
 * @property {(value: number | null) => number | null} place  of a value on the axis; null where it has none
 * @property {(low: number, high: number) => [number, number]} range  of the axis, for these extreme places
 * @property {(place: number) => string} label
 * @property {(low: number, high: number) => number[]} [ticks]  places to label; else uPlot chooses them
 */

/** An accuracy of 1 has no place on a logarithmic axis of errors: it is drawn at this error. */
const LEAST_ERROR = 1e-4;
/** Accuracies that a logarithmic axis may label, in order of preference. */
const ERROR_TICKS = [
  0.9, 0.99, 0, 0.999, 0.5, 0.95, 0.98, 0.8, 0.995, 0.998, 0.7, 0.97, 0.85, 0.6, 0.93, 0.96, 0.88, 0.92, 0.94, 0.91,
  0.985, 0.992, 0.994, 0.996, 0.997, 0.9995, 0.9999,
];
/** Labels are at least this share of the axis apart. */
const TICK_DISTANCE = 1 / 8;
/** Numbers that a logarithmic axis of losses labels in each decade. */
const ROUND_MANTISSAS = [1, 2, 5];

/**
 * @param {boolean} log
 * @param {() => number} ceiling  losses above it run out of the picture
 * @returns {Axis}
 */
export function lossAxis(log, ceiling) {
  /** @param {number} value */
  const write = (value) => String(Number(value.toPrecision(3)));
  if (!log) {
    return { log, place: (value) => value, range: (_, high) => [0, Math.max(Math.min(high, ceiling()) * 1.05, 1e-3)], label: write };
  }
  return {
    log,
    place: (value) => (value !== null && value > 0 ? value : null), // zero has no logarithm
    range: (low, high) => [Math.max(low * 0.8, 1e-7), Math.max(Math.min(high, ceiling()) * 1.25, 1e-6)],
    label: (value) => (ROUND_MANTISSAS.includes(Number(value.toExponential(6).split("e")[0])) ? write(value) : ""),
  };
}

/**
 * Logarithmic in the error, so that 99% is as far from 99.9% as 90% is from 99%.
 * @param {boolean} log
 * @returns {Axis}
 */
export function accuracyAxis(log) {
  /** @param {number} share */
  const write = (share) => `${Number((share * 100).toFixed(2))}%`;
  if (!log) {
    return { log, place: (value) => value, range: (low) => [Math.max(0, Math.floor((low - 0.02) * 10) / 10), 1.005], label: write };
  }
  return {
    log: false, // places are logarithms already
    place: (share) => (share === null ? null : errorPlace(share)),
    range: (low, high) => [Math.max(low - 0.05, 0), Math.max(high + 0.1, 1)],
    label: (place) => write(1 - 10 ** -place),
    ticks: errorTicks,
  };
}

/** @param {number} share  an accuracy */
function errorPlace(share) {
  return -Math.log10(Math.max(1 - share, LEAST_ERROR));
}

/** @param {number} low @param {number} high @returns {number[]} */
function errorTicks(low, high) {
  /** @type {number[]} */
  const ticks = [];
  const apart = (high - low) * TICK_DISTANCE;
  for (const place of ERROR_TICKS.map(errorPlace)) {
    if (place < low || place > high || ticks.some((tick) => Math.abs(tick - place) < apart)) continue;
    ticks.push(place);
  }
  return ticks.sort((a, b) => a - b);
}
