// Draws a layer's numbers over time: spreads as a heat map, shares and ratios as a line.

import { sizeCanvas } from "../parts/pixel_canvas.js";
import { thousands } from "../words/numbers.js";

/** @import { Spread } from "../words/health_text.js" */

/**
 * @typedef {object} Chart
 * @property {number[]} examples  of each column
 * @property {(Spread | null)[]} [spreads]
 * @property {(number | null)[]} [values]  between `range`
 * @property {[number, number]} [range]
 * @property {[number, number]} [band]  what is healthy
 * @property {(value: number) => string} write  of a value on the upright axis
 */

/** Room for letters around a large chart, in CSS pixels. */
const LEFT = 64;
const BELOW = 20;

/** @param {HTMLCanvasElement} canvas @param {Chart} chart @param {{width: number, height: number, large: boolean}} form  CSS pixels */
export function drawChart(canvas, chart, { width, height, large }) {
  const density = window.devicePixelRatio || 1;
  sizeCanvas(canvas, Math.round(width * density), Math.round(height * density), density);
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.scale(density, density);
  const style = getComputedStyle(canvas);
  const place = { x: large ? LEFT : 0, y: 4, width: width - (large ? LEFT : 0), height: height - 8 - (large ? BELOW : 0) };
  const [low, high] = chart.range ?? extremes(chart.spreads ?? []);
  /** @param {number} value */
  const upright = (value) => place.y + place.height * (1 - (value - low) / (high - low || 1));
  if (chart.band) {
    pen.fillStyle = style.getPropertyValue("--curve-validation");
    pen.globalAlpha = 0.22;
    pen.fillRect(place.x, upright(chart.band[1]), place.width, upright(chart.band[0]) - upright(chart.band[1]));
    pen.globalAlpha = 1;
  }
  pen.fillStyle = pen.strokeStyle = style.getPropertyValue("--curve-train");
  if (chart.spreads) drawSpreads(pen, chart.spreads, place, upright);
  if (chart.values) drawLine(pen, chart.values, place, upright);
  if (large) label(pen, chart, place, [low, high], style.getPropertyValue("--graph-ink"));
}

/** @typedef {{x: number, y: number, width: number, height: number}} Place */

/** @param {(Spread | null)[]} spreads @returns {[number, number]} */
export function extremes(spreads) {
  const known = spreads.filter((spread) => spread !== null);
  if (known.length === 0) return [0, 1];
  return [Math.min(...known.map(({ low }) => low)), Math.max(...known.map(({ high }) => high))];
}

/**
 * A column each; the fullest bin of a column has the full color.
 * @param {CanvasRenderingContext2D} pen
 * @param {(Spread | null)[]} spreads
 * @param {Place} place
 * @param {(value: number) => number} upright
 */
function drawSpreads(pen, spreads, place, upright) {
  const step = place.width / spreads.length;
  const density = pen.getTransform().a;
  // On whole screen pixels, so that neighbors neither overlap nor leave seams.
  const whole = (/** @type {number} */ value) => Math.round(value * density) / density;
  for (const [column, spread] of spreads.entries()) {
    if (!spread) continue;
    const fullest = Math.max(...spread.roots);
    const bin = (spread.high - spread.low) / spread.roots.length;
    const [left, right] = [whole(place.x + column * step), whole(place.x + (column + 1) * step)];
    for (const [at, root] of spread.roots.entries()) {
      if (root === 0) continue;
      const [top, bottom] = [whole(upright(spread.low + (at + 1) * bin)), whole(upright(spread.low + at * bin))];
      pen.globalAlpha = root / fullest;
      pen.fillRect(left, top, right - left, Math.max(bottom - top, 1 / density));
    }
  }
  pen.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {(number | null)[]} values
 * @param {Place} place
 * @param {(value: number) => number} upright
 */
function drawLine(pen, values, place, upright) {
  const step = place.width / values.length;
  pen.lineWidth = 1.75;
  pen.beginPath();
  let [drawn, x, y] = [false, 0, 0];
  for (const [column, value] of values.entries()) {
    if (value === null) {
      drawn = false;
      continue;
    }
    [x, y] = [place.x + (column + 0.5) * step, Math.min(Math.max(upright(value), place.y), place.y + place.height)];
    if (drawn) pen.lineTo(x, y);
    else pen.moveTo(x, y);
    drawn = true;
  }
  pen.stroke();
  if (drawn) pen.fillRect(x - 2, y - 2, 4, 4); // the newest, which alone makes no line
}

/** @param {CanvasRenderingContext2D} pen @param {Chart} chart @param {Place} place @param {[number, number]} range @param {string} ink */
function label(pen, { examples, write }, place, [low, high], ink) {
  pen.fillStyle = ink;
  pen.font = `12px ${getComputedStyle(pen.canvas).fontFamily}`;
  pen.textAlign = "right";
  pen.textBaseline = "top";
  pen.fillText(write(high), place.x - 6, place.y);
  pen.textBaseline = "bottom";
  pen.fillText(write(low), place.x - 6, place.y + place.height);
  pen.fillText(`${thousands(examples.at(-1) ?? 0)} examples seen`, place.x + place.width, place.y + place.height + BELOW);
  pen.textAlign = "left";
  pen.fillText(thousands(examples[0] ?? 0), place.x, place.y + place.height + BELOW);
}
