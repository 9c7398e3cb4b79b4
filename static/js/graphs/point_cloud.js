// Draws points that drift from where they were to where they are now, each marked by its class.

import { COLORS, drawMark, drawRing, readColors } from "./point_marks.js";
import { middle, nearestPoint, pointsWithin } from "./point_search.js";

/** @import { Among } from "./point_search.js" */

/**
 * @typedef {object} Points
 * @property {Float32Array} places  x and y of one after the other, from -1 to 1
 * @property {readonly number[]} labels  the true classes
 * @property {readonly number[]} guesses
 */

/** @type {Points} */
const NONE = { places: new Float32Array(), labels: [], guesses: [] };
/** Of a mark, in CSS pixels, on a map that is 500 wide. */
const RADIUS = 3.4;
/** Free all around, so that marks and names at the edge are whole. */
const MARGIN = 14;
/** How much is seen of points that are not selected, where others are. */
const FAINT = 0.15;

export class PointCloud {
  /**
   * @param {HTMLCanvasElement} canvas  as high as it is wide
   * @param {() => void} moved  the points have other places on it
   */
  constructor(canvas, moved) {
    this.canvas = canvas;
    this.moved = moved;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {Points} */
    this.points = NONE;
    /** Where the points are drawn just now. */
    this.shown = NONE.places;
    this.from = NONE.places;
    this.began = 0;
    this.lasts = 0;
    /** @type {readonly string[]} */
    this.names = []; // of the classes
    /** @type {Set<number>} */
    this.hidden = new Set(); // classes
    /** @type {number[]} */
    this.outline = []; // of a lasso that is being drawn, in the canvas's CSS pixels
    this.cursor = -1;
    this.pinned = -1;
    /** @type {ReadonlySet<number>} */
    this.selected = new Set();
    this.frame = 0;
    this.colors = readColors();
    /** @type {Among} */
    this.isShown = (i) => !this.hidden.has(this.points.labels[i]);
    new ResizeObserver(() => this.redraw()).observe(canvas);
    document.documentElement.addEventListener("themechange", () => {
      this.colors = readColors();
      this.paint(performance.now()); // at once: the browser may be about to print
    });
  }

  /** Other points will come, which do not drift from where these were. */
  forget() {
    this.points = NONE;
    this.shown = NONE.places;
    this.cursor = this.pinned = -1;
    this.selected = new Set();
  }

  /**
   * Lets the points drift to where they are now; the first are there at once.
   * @param {Points} points
   * @param {number} milliseconds  that it takes
   */
  move(points, milliseconds) {
    const same = points.places.length === this.shown.length;
    this.points = points;
    this.from = same ? this.shown : points.places;
    this.shown = this.from.slice();
    this.began = performance.now();
    this.lasts = milliseconds;
    this.redraw();
  }

  redraw() {
    if (this.frame === 0) this.frame = requestAnimationFrame((now) => this.paint(now));
  }

  /** Pixels from the upper left to the map's middle, and from there to its edge. */
  get scale() {
    const half = this.canvas.clientWidth / 2;
    return { half, edge: Math.max(1, half - MARGIN) };
  }

  /** Where the canvas shows a place of the map. @param {number} x @param {number} y @returns {[number, number]} */
  onCanvas(x, y) {
    const { half, edge } = this.scale;
    return [half + x * edge, half + y * edge];
  }

  /** A point's place in CSS pixels from the canvas's upper left. @param {number} i */
  placeOf(i) {
    return this.onCanvas(this.shown[2 * i], this.shown[2 * i + 1]);
  }

  /** The point near a place of the canvas; -1 where there is none. @param {number} x @param {number} y @param {number} within */
  near(x, y, within) {
    const { half, edge } = this.scale;
    return nearestPoint(this.shown, this.isShown, (x - half) / edge, (y - half) / edge, within / edge);
  }

  /** The points within the outline that has been drawn. */
  surrounded() {
    const { half, edge } = this.scale;
    return pointsWithin(this.shown, this.isShown, this.outline.map((at) => (at - half) / edge));
  }

  /** @param {number} now */
  paint(now) {
    this.frame = 0;
    if (this.canvas.clientWidth === 0) return; // closed; its box's size tells when it is open again
    this.drift(now);
    this.fit();
    this.drawPoints();
    this.drawNames();
    this.drawRings();
    this.drawOutline();
    this.moved();
  }

  /** @param {number} now */
  drift(now) {
    const share = this.lasts > 0 ? Math.min(1, Math.max(0, now - this.began) / this.lasts) : 1;
    const { shown, from, points: { places } } = this;
    for (let i = 0; i < shown.length; i++) shown[i] = from[i] + (places[i] - from[i]) * share;
    if (share < 1) this.redraw();
  }

  /** Clears the canvas, which has as many pixels as the screen has there. */
  fit() {
    const density = window.devicePixelRatio || 1;
    const side = Math.round(this.canvas.clientWidth * density);
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.context.clearRect(0, 0, side, side);
  }

  /** Mistakes last, so that they are seen on top of what is right. */
  drawPoints() {
    const { context, colors, selected, points: { labels, guesses } } = this;
    const radius = RADIUS * Math.sqrt(this.canvas.clientWidth / 500);
    for (const wrong of [false, true]) {
      for (let i = 0; i < labels.length; i++) {
        if ((labels[i] !== guesses[i]) !== wrong || !this.isShown(i)) continue;
        context.globalAlpha = selected.size === 0 || selected.has(i) ? 1 : FAINT;
        const [x, y] = this.placeOf(i);
        drawMark(context, colors, labels[i], x, y, radius);
        if (wrong) drawRing(context, colors[guesses[i] % COLORS], x, y, radius + 2, 1.8);
      }
    }
    context.globalAlpha = 1;
  }

  /** Each class's name in the middle of its points. */
  drawNames() {
    const { context, canvas, points: { labels } } = this;
    const { color, backgroundColor, fontFamily, fontSize } = getComputedStyle(canvas);
    Object.assign(context, {
      font: `700 ${fontSize} ${fontFamily}`, textAlign: "center", textBaseline: "middle", lineJoin: "round",
      fillStyle: color, strokeStyle: backgroundColor, lineWidth: 4,
    });
    for (const label of new Set(labels)) {
      if (this.hidden.has(label)) continue;
      const place = this.onCanvas(...middle(this.shown, (i) => labels[i] === label));
      const name = this.names[label] ?? String(label);
      context.strokeText(name, ...place);
      context.fillText(name, ...place);
    }
  }

  /** Around the pinned point, and the one with the cursor. */
  drawRings() {
    const { color } = getComputedStyle(this.canvas);
    for (const [i, width] of [[this.pinned, 3], [this.cursor, 1.5]]) {
      if (i >= 0 && this.isShown(i)) drawRing(this.context, color, ...this.placeOf(i), 8, width);
    }
  }

  drawOutline() {
    const { context, outline, canvas } = this;
    if (outline.length < 4) return;
    context.beginPath();
    for (let i = 0; i < outline.length; i += 2) context.lineTo(outline[i], outline[i + 1]);
    context.closePath();
    context.strokeStyle = getComputedStyle(canvas).color;
    context.lineWidth = 1.5;
    context.setLineDash([5, 3]);
    context.stroke();
    context.setLineDash([]);
  }
}
