// One layer's card: what it is in words, and its pictures.

import { make, setText } from "./dom.js";
import { trimmed } from "./format.js";
import { family, isLoss, parameters, summary, title } from "./layer_text.js";
import { MapPainter, MOST_TILES } from "./paint.js";

/** @import { LayerInfo, LayerMaps, MapName, PixelMap } from "./protocol.js" */
/** @import { Tiles } from "./paint.js" */

/** @type {Record<MapName, string>} */
const CAPTIONS = {
  activations: "Activations",
  gradients: "Activation Gradients",
  weights: "Weights",
  weight_gradients: "Weight Gradients",
};
const RGB = 3;

/**
 * How a map's pictures are laid out: one for each channel, or a bracketed row for each deep filter;
 * three channels of an input are one picture in color.
 * @param {number[]} shape
 * @param {boolean} ofInput  the map shows pixels, or weights that look at pixels
 * @returns {Tiles}
 */
export function tilesOf(shape, ofInput) {
  const [sy, sx] = shape.slice(-2);
  const depth = shape[shape.length - 3];
  const filters = shape.length === 4 ? shape[0] : 1;
  const color = ofInput && depth === RGB;
  const slices = color ? 1 : depth;
  return { count: filters * slices, group: shape.length === 4 ? slices : 1, sx, sy, color };
}

/** A row of maps under its caption. */
class MapRow {
  /** @param {MapName} name @param {LayerInfo} layer @param {string[]} classes */
  constructor(name, layer, classes) {
    this.name = name;
    this.layer = layer;
    this.classes = classes;
    const label = `${CAPTIONS[name]} of layer ${layer.index}, ${title(layer)}`;
    const canvas = make("canvas", { role: "img", "aria-label": label });
    this.painter = new MapPainter(canvas);
    this.note = make("p", { class: "hint", hidden: true });
    this.names = make("ol", { class: "class-names", hidden: true });
    this.element = make("figure", { class: "maps", "data-map": name }, make("figcaption", {}, `${CAPTIONS[name]}:`), canvas, this.names, this.note);
    /** @type {PixelMap | null} */
    this.map = null;
    this.key = "";
  }

  /** @param {number[]} shape @param {number} available */
  resize(shape, available) {
    const key = `${shape.join()} ${available} ${window.devicePixelRatio}`;
    if (key === this.key) return;
    this.key = key;
    const ofInput = this.layer.index === 0 || (shape.length === 4 && this.layer.index === 1);
    const tiles = tilesOf(shape, ofInput);
    const named = isLoss(this.layer.type) && this.name === "activations" && shape[0] === this.classes.length;
    this.painter.resize(tiles, available, named);
    if (tiles.count > MOST_TILES) this.say(`the first ${MOST_TILES} of ${tiles.count}`);
    if (named) this.nameClasses();
  }

  /** Puts each class's name under its square; a row that broke into lines has no place for them. */
  nameClasses() {
    const { layout, density } = this.painter;
    this.names.hidden = layout.lines > 1;
    this.names.classList.toggle("upright", this.classes.some((name) => name.length > 2));
    this.names.replaceChildren(...this.classes.map((name, i) => {
      const item = make("li", {}, name);
      item.style.left = `${(layout.xs[i] + layout.scale / 2) / density}px`;
      return item;
    }));
  }

  /** @param {string} text */
  say(text) {
    setText(this.note, text);
    this.note.hidden = text === "";
  }

  /** @param {PixelMap} map @param {number} available */
  draw(map, available) {
    this.map = map;
    this.resize(map.shape, available);
    this.painter.draw(map.pixels);
    this.painter.canvas.classList.remove("stale-map");
  }

  /**
   * What lies under the pointer, in words.
   * @param {number} left
   * @param {number} top
   */
  describe(left, top) {
    const hit = this.map && this.painter.at(left, top);
    if (!hit || !this.map) return "";
    const { shape, min, max, pixels } = this.map;
    const range = `${trimmed(min)} to ${trimmed(max)}`;
    const { tiles } = this.painter;
    if (shape.length === 4) {
      const filter = `filter ${Math.floor(hit.tile / tiles.group)}`;
      const slice = tiles.group > 1 ? `, slice ${hit.tile % tiles.group}` : "";
      return `${filter}${slice} of ${shape.join("x")} · all filters ${range}`;
    }
    const value = min + ((max - min) * pixels[hit.tile * tiles.sx * tiles.sy + hit.y * tiles.sx + hit.x]) / 255;
    const near = `≈ ${trimmed(value, 4)}`;
    const single = tiles.sx * tiles.sy === 1;
    const name = single ? this.nameOf(hit.tile) : `map ${hit.tile}, x ${hit.x}, y ${hit.y}`;
    return tiles.color ? `x ${hit.x}, y ${hit.y} · volume ${range}` : `${name}: ${near} · volume ${range}`;
  }

  /** @param {number} neuron */
  nameOf(neuron) {
    const known = this.layer.out[2] === this.classes.length && this.classes[neuron];
    return known ? `class ${known}` : `neuron ${neuron}`;
  }
}

export class LayerCard {
  /** @param {LayerInfo} layer @param {string[]} classes */
  constructor(layer, classes) {
    this.layer = layer;
    this.classes = classes;
    this.activation = make("p", { class: "range", "data-range": "activations" }, "max activation: –, min: –");
    this.gradient = make("p", { class: "range", "data-range": "gradients", hidden: isLoss(layer.type) }, "max gradient: –, min: –");
    this.example = make("p", { class: "example", hidden: true });
    const words = [summary(layer), parameters(layer)].map((text) => make("p", { hidden: text === "" }, text));
    const text = make("div", { class: "layer-text" }, make("h3", {}, title(layer)), words[0], this.activation, this.gradient, words[1], this.example);
    this.pictures = make("div", { class: "layer-pictures" });
    this.element = make("article", { class: "layer", "data-index": layer.index, "data-type": layer.type, "data-family": family(layer.type) }, text, this.pictures);
    /** @type {Map<MapName, MapRow>} */
    this.rows = new Map();
    for (const [name, shape] of this.expected()) this.row(name).resize(shape, this.available());
  }

  /** What such a layer shows as a rule: its place is kept before the first picture comes. @returns {[MapName, number[]][]} */
  expected() {
    const { type, in: input, out, options } = this.layer;
    const volume = [out[2], out[1], out[0]];
    /** @type {[MapName, number[]][]} */
    const rows = [["activations", volume]];
    if (!isLoss(type)) rows.push(["gradients", volume]);
    if (type === "conv" && Number(options.sx) > 3) {
      const filters = [out[2], input[2], Number(options.sy), Number(options.sx)];
      rows.push(["weights", filters], ["weight_gradients", filters]);
    }
    return rows;
  }

  /** @param {MapName} name */
  row(name) {
    const found = this.rows.get(name);
    if (found) return found;
    const made = new MapRow(name, this.layer, this.classes);
    this.rows.set(name, made);
    this.pictures.append(made.element);
    return made;
  }

  /** Width for a row of maps, in CSS pixels. */
  available() {
    const [first] = this.rows.values();
    return Math.max(first?.element.clientWidth || this.pictures.clientWidth || 320, 60);
  }

  /** Fits the pictures to the card's width. */
  resize() {
    const available = this.available();
    const shapes = new Map(this.expected());
    for (const [name, row] of this.rows) {
      if (row.map) row.draw(row.map, available);
      else row.resize(shapes.get(name) ?? [1, 1, 1], available);
    }
  }

  /** @param {LayerMaps} maps @param {"training" | "image"} source */
  draw(maps, source) {
    const available = this.available();
    for (const name of /** @type {MapName[]} */ (Object.keys(CAPTIONS))) {
      const map = maps[name];
      if (map) {
        const row = this.row(name);
        row.element.hidden = false;
        row.draw(map, available);
        if (row.painter.tiles.count < MOST_TILES) row.say("");
      } else {
        this.without(name, source);
      }
    }
    this.sayRange(this.activation, "activation", maps.activations);
    this.sayRange(this.gradient, "gradient", maps.gradients);
  }

  /**
   * A picture that did not come: with an own image there is no truth to learn from, so that the row
   * stays, empty, and nothing jumps; else the layer has none.
   * @param {MapName} name
   * @param {"training" | "image"} source
   */
  without(name, source) {
    const row = this.rows.get(name);
    if (!row) return;
    if (source === "training") {
      row.element.hidden = true;
    } else {
      row.map = null;
      row.painter.canvas.classList.add("stale-map");
      row.say("none: what your picture shows is not known");
    }
  }

  /** @param {HTMLElement} place @param {string} what @param {PixelMap | undefined} map */
  sayRange(place, what, map) {
    setText(place, `max ${what}: ${trimmed(map?.max)}, min: ${trimmed(map?.min)}`);
    place.hidden = !map && isLoss(this.layer.type); // a loss layer's own gradient is not shown
  }

  /** @param {string} text  which example is shown */
  sayExample(text) {
    setText(this.example, text);
    this.example.hidden = text === "";
  }
}
