// Draws the numbers behind a sum map by map: what went in, what it was multiplied by, what came out.

import { make, setText } from "../parts/dom.js";
import { PixelCanvas, sizeCanvas } from "../parts/pixel_canvas.js";
import { signWord } from "../parts/sign_colors.js";
import { numberText } from "../words/formula.js";
import { showTip } from "./map_reader.js";

/** @import { Box } from "./receptive_field.js" */

/**
 * One term with the unit that it is about.
 * @typedef {{channel: number, y: number, x: number, input: number | null, factor: number | null, part: number | null}} Term
 */

/**
 * The units that a number was made of; the other side is server/training_process/inspectors/unit.py.
 * @typedef {object} Terms
 * @property {string} of  which number of the formula they give
 * @property {"sum" | "largest"} how
 * @property {number} layer  where they are
 * @property {Box} box
 * @property {number[]} channels  those whose numbers follow: not all, if there are too many
 * @property {(number | null)[]} inputs  channel by channel; null outside the layer
 * @property {(number | null)[] | null} factors
 * @property {(number | null)[]} parts
 * @property {number[]} sums  of each channel's parts
 * @property {Term[]} strongest  for, then against
 * @property {number} others  what all that are not among these contribute
 */

/** What one picture is drawn from, and about how large. CSS pixels. */
const PLANE = 44;
const GAP = 3;
const EMPTY = 0x40808080;
const FRAME = 0xff20a0f0;

/** How large a cell of a plane is drawn, in CSS pixels. @param {number} height @param {number} width */
export function cellSize(height, width) {
  return Math.min(14, Math.max(2, Math.floor(PLANE / Math.max(height, width))));
}

export class TermGrids {
  /**
   * @param {HTMLElement} tip
   * @param {(term: {channel: number, y: number, x: number}) => void} choose  a unit that was clicked
   */
  constructor(tip, choose) {
    this.labels = make("ol", { class: "term-labels" });
    this.figures = make("div", { class: "term-figures" });
    this.element = make("div", { class: "term-grids" }, this.labels, this.figures);
    /** @type {Terms | null} */
    this.terms = null;
    /** @type {{canvas: HTMLCanvasElement, sum: HTMLElement}[]} */
    this.planes = [];
    this.key = "";
    this.cell = 1;
    this.figures.addEventListener("pointermove", (event) => {
      const found = this.under(event);
      showTip(tip, found ? this.describe(found) : "", event.clientX, event.clientY);
    });
    this.figures.addEventListener("pointerleave", () => {
      tip.hidden = true;
    });
    this.figures.addEventListener("click", (event) => {
      const found = this.under(event);
      if (found) choose(found);
    });
  }

  /** @param {Terms} terms @param {[string, string, string]} names  of inputs, factors and parts */
  draw(terms, names) {
    const { box, channels, factors, sums, how } = terms;
    this.terms = terms;
    const [height, width] = [box.rows, box.columns].map(([first, end]) => end - first);
    this.cell = cellSize(height, width);
    const key = JSON.stringify([channels, height, width, names, factors === null, devicePixelRatio]);
    if (key !== this.key) this.build(key, names, height, width);
    const rows = this.rows();
    const most = rows.map((row) => Math.max(...row.map((value) => Math.abs(value ?? 0)), 1e-30));
    for (const [i, { canvas, sum }] of this.planes.entries()) {
      this.paint(canvas, i, rows, most);
      setText(sum, how === "sum" ? numberText(Number(sums[i].toPrecision(3))) : "");
      canvas.setAttribute("aria-label", `map ${channels[i]}: ${numberText(sums[i])}`);
    }
  }

  /** What is drawn under each other. */
  rows() {
    const { inputs, factors, parts } = /** @type {Terms} */ (this.terms);
    return factors ? [inputs, factors, parts] : [inputs];
  }

  /** @param {string} key @param {[string, string, string]} names @param {number} height @param {number} width */
  build(key, names, height, width) {
    this.key = key;
    const { channels, factors, how } = /** @type {Terms} */ (this.terms);
    const tall = height * this.cell;
    const written = factors ? names : [names[0]];
    this.labels.replaceChildren(...[...written, ...(how === "sum" ? ["sum"] : [])].map((name, i) => {
      const item = make("li", {}, name);
      if (i < written.length) item.style.height = `${tall + (i < written.length - 1 ? GAP : 0)}px`;
      return item;
    }));
    const density = window.devicePixelRatio || 1;
    this.planes = channels.map(() => {
      const canvas = make("canvas", { role: "img" });
      sizeCanvas(canvas, Math.round(width * this.cell * density), Math.round((written.length * (tall + GAP) - GAP) * density), density);
      return { canvas, sum: make("figcaption", {}) };
    });
    this.figures.replaceChildren(...this.planes.map(({ canvas, sum }, i) => make("figure", { "data-channel": channels[i] }, canvas, sum)));
  }

  /** @param {HTMLCanvasElement} element @param {number} plane @param {(number | null)[][]} rows @param {number[]} most */
  paint(element, plane, rows, most) {
    const { width, count } = this.size();
    const canvas = new PixelCanvas(element);
    const density = window.devicePixelRatio || 1;
    const edge = (/** @type {number} */ at) => Math.round(at * this.cell * density);
    for (const [i, row] of rows.entries()) {
      const top = Math.round(i * ((count / width) * this.cell + GAP) * density);
      for (let at = 0; at < count; at++) {
        const [x, y] = [at % width, Math.floor(at / width)];
        const value = row[plane * count + at];
        const word = value === null ? EMPTY : signWord(value / most[i]);
        canvas.fillRectangle(edge(x), top + edge(y), edge(x + 1) - edge(x), edge(y + 1) - edge(y), word);
      }
    }
    this.frameWinner(canvas, plane, edge);
    canvas.show();
  }

  /** Of a largest number: a frame around it. @param {PixelCanvas} canvas @param {number} plane @param {(at: number) => number} edge */
  frameWinner(canvas, plane, edge) {
    const { how, strongest: [winner], channels, box } = /** @type {Terms} */ (this.terms);
    if (how !== "largest" || winner?.channel !== channels[plane]) return;
    const [x, y] = [winner.x - box.columns[0], winner.y - box.rows[0]];
    const [left, top, side] = [edge(x), edge(y), edge(x + 1) - edge(x)];
    const thick = Math.max(1, Math.round(side / 8));
    canvas.fillRectangle(left, top, side, thick, FRAME);
    canvas.fillRectangle(left, top + side - thick, side, thick, FRAME);
    canvas.fillRectangle(left, top, thick, side, FRAME);
    canvas.fillRectangle(left + side - thick, top, thick, side, FRAME);
  }

  size() {
    const { box } = /** @type {Terms} */ (this.terms);
    const width = box.columns[1] - box.columns[0];
    return { width, count: width * (box.rows[1] - box.rows[0]) };
  }

  /** The term under the pointer, or null. @param {MouseEvent} event @returns {Term | null} */
  under({ target, offsetX, offsetY }) {
    const plane = this.planes.findIndex(({ canvas }) => canvas === target);
    if (plane < 0 || !this.terms) return null;
    const { width, count } = this.size();
    const tall = (count / width) * this.cell;
    const x = Math.min(width - 1, Math.max(0, Math.floor(offsetX / this.cell)));
    const y = Math.floor((offsetY % (tall + GAP)) / this.cell);
    if (y < 0 || y * width >= count) return null;
    const at = plane * count + y * width + x;
    const { box, channels, inputs, factors, parts } = this.terms;
    const place = { channel: channels[plane], y: box.rows[0] + y, x: box.columns[0] + x };
    return { ...place, input: inputs[at], factor: factors ? factors[at] : null, part: parts[at] };
  }

  /** @param {Term} term */
  describe({ channel, y, x, input, factor, part }) {
    const place = `map ${channel}, x ${x}, y ${y}`;
    if (input === null) return `${place}: outside the layer`;
    if (factor === null) return `${place}: ${numberText(input)}`;
    return `${place}: ${numberText(input)} · ${numberText(factor)} = ${numberText(part)}`;
  }
}
