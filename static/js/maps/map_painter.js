// Paints a map on its canvas: its pictures where their layout puts them, filters between brackets.

import { GRAY, PixelCanvas, sizeCanvas } from "../parts/pixel_canvas.js";
import { arrange, fit, fitting, LENGTHS, MOST_TILES, pixelAt, unitAfter } from "./tile_layout.js";

/** @import { Layout, Tiles, Unit } from "./tile_layout.js" */

/** The root's letter size that layouts are chosen for, in CSS pixels: larger letters, larger maps. */
const USUAL_LETTERS = 15;
const BRACKET_COLOR = 0xb0808080;

export class MapPainter {
  /** @param {HTMLCanvasElement} element @param {number} [magnified]  how many times larger than on a card */
  constructor(element, magnified = 1) {
    this.element = element;
    this.magnified = magnified;
    /** @type {Tiles} */
    this.tiles = { count: 0, group: 1, sx: 1, sy: 1, color: false };
    /** @type {Layout} */
    this.layout = { scale: 1, xs: [], ys: [], brackets: [], width: 0, height: 0, lines: 0 };
    this.density = 1;
    /** Made with the first pictures: a card that never comes on screen costs no memory. @type {PixelCanvas | null} */
    this.canvas = null;
  }

  /**
   * Lays the pictures out anew; what was drawn is gone.
   * @param {Tiles} tiles
   * @param {number} available  CSS pixels
   * @param {{oneLine?: boolean, tallest?: number}} [options]  whole groups beyond the tallest
   *   height (CSS pixels) are left out
   */
  resize(tiles, available, { oneLine = false, tallest = Infinity } = {}) {
    this.density = window.devicePixelRatio || 1;
    const zoom = (this.magnified * parseFloat(getComputedStyle(document.documentElement).fontSize)) / USUAL_LETTERS;
    const whole = { ...tiles, count: Math.min(tiles.count, MOST_TILES) };
    const layout = fit(whole, available, this.density, { oneLine, zoom });
    this.tiles = { ...whole, count: fitting(whole, layout, tallest * zoom * this.density) };
    this.layout = this.tiles.count === whole.count ? layout : arrange(this.tiles, layout.scale, layout.width, this.density);
    sizeCanvas(this.element, this.layout.width, this.layout.height, this.density);
    this.canvas = null;
  }

  /**
   * @param {Uint8Array} bytes  picture after picture, at least as many as were laid out
   * @param {(tile: number, y: number) => Uint32Array} [colors]  of a row of a picture
   */
  draw(bytes, colors = () => GRAY) {
    const { layout, tiles } = this;
    this.canvas ??= this.makeCanvas();
    const size = tiles.sx * tiles.sy * (tiles.color ? 3 : 1);
    for (let i = 0; i < layout.xs.length; i++) {
      this.canvas.drawPicture(layout.xs[i], layout.ys[i], bytes.subarray(i * size, (i + 1) * size), tiles, layout.scale, (y) => colors(i, y));
    }
    this.canvas.show();
  }

  /** A canvas with nothing but the brackets, which no picture covers. */
  makeCanvas() {
    const canvas = new PixelCanvas(this.element);
    const thick = Math.max(1, Math.round(this.density));
    const reach = Math.round(LENGTHS.bracket * this.density);
    const height = this.tiles.sy * this.layout.scale;
    for (const { x, y, opens } of this.layout.brackets) {
      canvas.fillRectangle(x, y, reach, thick, BRACKET_COLOR);
      canvas.fillRectangle(x, y + height - thick, reach, thick, BRACKET_COLOR);
      canvas.fillRectangle(opens ? x : x + reach - thick, y, thick, height, BRACKET_COLOR);
    }
    return canvas;
  }

  /**
   * Which picture and pixel lies under a place of the canvas, or null.
   * @param {number} left  CSS pixels
   * @param {number} top
   */
  pixelAt(left, top) {
    return pixelAt(this.tiles, this.layout, left * this.density, top * this.density);
  }

  /** Where a key leads to from a unit; one that is no longer drawn stands for the first. @param {Unit} unit @param {string} key */
  unitAfter(unit, key) {
    const drawn = unit.tile < this.tiles.count;
    return unitAfter(this.tiles, this.layout, unit, drawn ? key : "Home");
  }

  /** Where a unit is drawn on the canvas: its upper left corner and its side, in CSS pixels. @param {Unit} unit */
  boxOf({ tile, x, y }) {
    const { xs, ys, scale } = this.layout;
    const { density } = this;
    return { left: (xs[tile] + x * scale) / density, top: (ys[tile] + y * scale) / density, side: scale / density };
  }
}
