// One row of maps under its caption: activations, weights, or the gradients of either.

import { make, setText, showText } from "../parts/dom.js";
import { count, trimmed } from "../words/numbers.js";
import { cutText, title } from "../words/layer_text.js";
import { palette } from "./map_colors.js";
import { MapOutlines } from "./map_outlines.js";
import { MapPainter } from "./map_painter.js";
import { tilesOf } from "./tile_layout.js";

/** @import { Unit as NetworkUnit } from "../parts/pinned_unit.js" */
/** @import { LayerInfo, MapName, PixelMap } from "../server/protocol.js" */
/** @import { MapColors } from "./map_colors.js" */
/** @import { Mark } from "./map_outlines.js" */
/** @import { Box } from "./receptive_field.js" */
/** @import { Tiles, Unit } from "./tile_layout.js" */

/** @type {Record<MapName, string>} */
export const CAPTIONS = {
  activations: "Activations",
  gradients: "Activation Gradients",
  weights: "Weights",
  weight_gradients: "Weight Gradients",
};
/** Taller rows are cut until somebody asks for all of it; CSS pixels. */
const TALLEST = 260;
/** Rows of a weight matrix that are drawn until somebody asks for all. */
const MATRIX_ROWS = 130;

export class MapRow {
  /**
   * @param {MapName} name
   * @param {LayerInfo} layer
   * @param {string[]} classes
   * @param {MapColors} colors
   * @param {number} [magnified]  how many times larger than on a card
   */
  constructor(name, layer, classes, colors, magnified = 1) {
    this.name = name;
    this.colors = colors;
    this.magnified = magnified;
    this.layer = layer;
    this.classes = classes;
    const label = `${CAPTIONS[name]} of layer ${layer.index}, ${title(layer)}`;
    // Of all maps, one is reached with Tab; the keys of map_reader.js lead to the others.
    const first = layer.index === 0 && name === "activations";
    const canvas = make("canvas", { role: "application", "aria-label": label, tabindex: first ? 0 : -1 });
    this.painter = new MapPainter(canvas, magnified);
    this.outlines = new MapOutlines(this.painter);
    this.note = make("p", { class: "hint", hidden: true });
    this.names = make("ol", { class: "class-names", hidden: true });
    this.more = make("button", { type: "button", class: "link", hidden: true });
    this.more.addEventListener("click", () => this.showAll());
    this.large = make("button", { type: "button", class: "link enlarge", tabindex: -1, "aria-label": `enlarge ${label}`, title: "see it large (+)" }, "⤢");
    const caption = make("figcaption", {}, `${CAPTIONS[name]}:`, ...(magnified === 1 ? [" ", this.large] : []));
    this.element = make("figure", { class: "maps", "data-map": name }, caption, canvas, this.names, this.note, this.more);
    /** @type {PixelMap | null} */
    this.map = null;
    this.all = false;
    this.available = 0;
    this.key = "";
  }

  /** @param {number[]} shape @param {number} available  CSS pixels */
  resize(shape, available) {
    const key = `${shape.join()} ${available} ${window.devicePixelRatio} ${this.all}`;
    if (key === this.key) return;
    this.key = key;
    this.available = available;
    const ofInput = this.layer.index === 0 || (shape.length === 4 && this.layer.index === 1);
    const tiles = tilesOf(shape, ofInput);
    const wanted = tiles.count * tiles.sy;
    if (shape.length === 4 && shape[2] * shape[3] === 1 && !this.all) tiles.sy = Math.min(tiles.sy, MATRIX_ROWS);
    const named = this.layer.is_loss && this.name === "activations" && shape[0] === this.classes.length;
    this.painter.resize(tiles, available, { oneLine: named, tallest: this.all ? Infinity : TALLEST });
    const drawn = this.painter.tiles.count * this.painter.tiles.sy;
    this.more.hidden = drawn === wanted;
    setText(this.more, `${count((drawn / wanted) * shape[0])} of ${count(shape[0])} shown: show all`);
    if (named) this.nameClasses();
    this.outlines.refresh();
  }

  showAll() {
    this.all = true;
    if (this.map) this.draw(this.map, this.available);
  }

  /** Puts each class's name under its square; a row broken into lines has no room for them. */
  nameClasses() {
    const { layout, density } = this.painter;
    const longest = Math.max(...this.classes.map((name) => name.length));
    this.names.hidden = layout.lines > 1;
    this.names.classList.toggle("upright", longest > 2);
    this.names.style.height = longest > 2 ? `${longest * 0.56 + 0.8}em` : "";
    this.names.replaceChildren(...this.classes.map((name, i) => {
      const item = make("li", {}, name);
      item.style.left = `${(layout.xs[i] + layout.scale / 2) / density}px`;
      return item;
    }));
  }

  /** @param {PixelMap} map @param {number} available */
  draw(map, available) {
    this.map = map;
    this.resize(map.shape, available);
    this.paint();
    this.painter.element.classList.remove("stale-map");
    showText(this.note, cutText(map.shape, map.whole));
  }

  /** Paints what is shown, in the colors that are chosen now. */
  paint() {
    if (!this.map) return;
    const { min, max, ranges, pixels, shape } = this.map;
    const { scale } = this.colors;
    if (!ranges || scale === "gray") {
      const shades = palette(scale, min, max);
      this.painter.draw(pixels, () => shades);
      return;
    }
    const shades = Array.from({ length: shape[0] }, (_, filter) => palette(scale, ranges[2 * filter], ranges[2 * filter + 1]));
    this.painter.draw(pixels, (tile, y) => shades[this.filterAt({ tile, x: 0, y })]);
  }

  /** Which filter a weight belongs to: in a matrix each row is one. @param {Unit} hit */
  filterAt({ tile, y }) {
    const { tiles } = this.painter;
    return tiles.count === 1 && this.isMatrix() ? y : Math.floor(tile / tiles.group);
  }

  isMatrix() {
    return this.map?.shape.length === 4 && this.map.shape[2] * this.map.shape[3] === 1;
  }

  /** Every so many-th pixel of a map that is too large is shown. */
  get step() {
    const { shape, whole } = this.map ?? {};
    return shape && whole ? Math.ceil(Math.max(...[-1, -2].map((i) => whole.slice(i)[0] / shape.slice(i)[0]))) : 1;
  }

  /** The unit that is shown there; null for a weight. @param {Unit | null} hit @returns {NetworkUnit | null} */
  unitAt(hit) {
    if (!hit || !this.map || this.map.shape.length === 4) return null;
    return { layer: this.layer.index, channel: hit.tile, y: hit.y * this.step, x: hit.x * this.step };
  }

  /** Outlines units of this layer. @param {Mark} mark @param {Box | null} box  null for none */
  outline(mark, box) {
    const { step } = this;
    /** @param {[number, number]} span @returns {[number, number]} */
    const shown = ([first, end]) => [Math.floor(first / step), Math.ceil(end / step)];
    this.outlines.show(mark, box && this.map ? [{ ...box, rows: shown(box.rows), columns: shown(box.columns) }] : []);
  }

  /** Outlines a filter of this layer. @param {Mark} mark @param {number | null} filter  null for none */
  outlineFilter(mark, filter) {
    const { group, sx, sy } = this.painter.tiles;
    /** @type {Box[]} */
    const boxes = [];
    if (filter !== null && this.isMatrix()) {
      if (filter < sy) boxes.push({ channels: [0, 1], rows: [filter, filter + 1], columns: [0, sx] });
    } else if (filter !== null && this.map) {
      boxes.push({ channels: [filter * group, (filter + 1) * group], rows: [0, sy], columns: [0, sx] });
    }
    this.outlines.show(mark, boxes);
  }

  /** Empties the row, keeps its place, and says why. @param {string} why */
  empty(why) {
    this.map = null;
    this.painter.element.classList.add("stale-map");
    showText(this.note, why);
  }

  /** What a unit is and its value, in words; empty while nothing is known of it. @param {Unit | null} hit */
  describe(hit) {
    if (!hit || !this.map) return "";
    const { shape, min, max, pixels, ranges } = this.map;
    const { tiles } = this.painter;
    const range = `${trimmed(min)} to ${trimmed(max)}`;
    const pixel = pixels[hit.tile * tiles.sx * tiles.sy + hit.y * tiles.sx + hit.x];
    const filter = this.filterAt(hit);
    const [low, high] = ranges ? ranges.slice(2 * filter, 2 * filter + 2) : [min, max];
    const value = trimmed(low + ((high - low) * pixel) / 255, 4);
    if (tiles.color) return `x ${hit.x}, y ${hit.y} · volume ${range}`;
    if (shape.length === 4) return `${placeIn(tiles, shape, hit)}: ≈ ${value} · all filters ${range}`;
    const name = tiles.sx * tiles.sy === 1 ? this.nameOf(hit.tile) : `map ${hit.tile}, x ${hit.x}, y ${hit.y}`;
    return `${name}: ≈ ${value} · volume ${range}`;
  }

  /** @param {number} neuron */
  nameOf(neuron) {
    const known = this.layer.out[2] === this.classes.length && this.classes[neuron];
    return known ? `class ${known}` : `neuron ${neuron}`;
  }
}

/**
 * Which weight it is.
 * @param {Tiles} tiles
 * @param {number[]} shape
 * @param {Unit} hit
 */
function placeIn(tiles, shape, hit) {
  if (shape[2] * shape[3] === 1) return `neuron ${hit.y}, input ${hit.x}`;
  const filter = `filter ${Math.floor(hit.tile / tiles.group)}`;
  const slice = tiles.group > 1 ? `, slice ${hit.tile % tiles.group}` : "";
  return `${filter}${slice}, x ${hit.x}, y ${hit.y}`;
}
