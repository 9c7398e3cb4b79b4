// Marks each class by a color and a shape, on the map of the test set and in its legend.

/** Of static/css/tokens.css, which color-blind people can tell apart too. */
export const COLORS = 10;
/** Neighbors in number have different ones; thirty classes each have a mark of their own. */
export const SHAPES = [circle, square, triangle];

/** @typedef {CanvasRenderingContext2D} Context2D */

/** The colors in use, in light or dark. @returns {string[]} */
export function readColors() {
  const root = getComputedStyle(document.documentElement);
  return Array.from({ length: COLORS }, (_, i) => root.getPropertyValue(`--class-${i}`).trim());
}

/**
 * @param {Context2D} context
 * @param {readonly string[]} colors
 * @param {number} label
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function drawMark(context, colors, label, x, y, radius) {
  context.fillStyle = colors[label % COLORS];
  context.beginPath();
  SHAPES[label % SHAPES.length](context, x, y, radius);
  context.fill();
}

/**
 * @param {Context2D} context
 * @param {string} color
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {number} width
 */
export function drawRing(context, color, x, y, radius, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  circle(context, x, y, radius);
  context.stroke();
}

/** @param {Context2D} context @param {number} x @param {number} y @param {number} radius */
function circle(context, x, y, radius) {
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

// The others are as large to the eye.

/** @param {Context2D} context @param {number} x @param {number} y @param {number} radius */
function square(context, x, y, radius) {
  const half = radius * 0.89;
  context.rect(x - half, y - half, 2 * half, 2 * half);
}

/** @param {Context2D} context @param {number} x @param {number} y @param {number} radius */
function triangle(context, x, y, radius) {
  const side = radius * 1.35;
  context.moveTo(x, y - side * 0.9);
  context.lineTo(x + side, y + side * 0.7);
  context.lineTo(x - side, y + side * 0.7);
  context.closePath();
}
