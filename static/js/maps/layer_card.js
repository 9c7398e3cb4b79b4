// One layer's card: what it is in words, and its pictures.

import { make, setText, showText } from "../parts/dom.js";
import { trimmed } from "../words/numbers.js";
import { family, parameters, summary, title } from "../words/layer_text.js";
import { CAPTIONS, MapRow } from "./map_row.js";

/** @import { LayerInfo, LayerMaps, MapName, PixelMap, Source } from "../server/protocol.js" */
/** @import { MapColors } from "./map_colors.js" */
/** @import { Mark } from "./map_outlines.js" */
/** @import { Box } from "./receptive_field.js" */

export class LayerCard {
  /** @param {LayerInfo} layer @param {string[]} classes @param {MapColors} colors */
  constructor(layer, classes, colors) {
    this.layer = layer;
    this.classes = classes;
    this.colors = colors;
    this.activation = make("p", { class: "range", "data-range": "activations" }, "max activation: –, min: –");
    this.gradient = make("p", { class: "range", "data-range": "gradients", hidden: layer.is_loss }, "max gradient: –, min: –");
    // Not on the way of Tab, which passes all cards at once: keys choose the layer in the part itself.
    const looksFor = make("button", { type: "button", class: "link looks-for", tabindex: -1, "data-looks-for": layer.index, hidden: layer.index === 0 }, "what does it look for?");
    this.example = make("p", { class: "example", hidden: true });
    const words = [summary(layer), parameters(layer)].map((text) => make("p", { hidden: text === "" }, text));
    const text = make("div", { class: "layer-text" }, make("h3", {}, title(layer)), words[0], this.activation, this.gradient, words[1], this.example, looksFor);
    this.pictures = make("div", { class: "layer-pictures" });
    this.element = make("article", { class: "layer", "data-index": layer.index, "data-type": layer.type, "data-family": family(layer.type) }, text, this.pictures);
    /** @type {Map<MapName, MapRow>} */
    this.rows = new Map();
    for (const [name, shape] of this.expected()) this.row(name).resize(shape, this.available());
  }

  /** What such a layer usually shows: room is reserved before the first pictures arrive. @returns {[MapName, number[]][]} */
  expected() {
    const { type, in: input, out, options, is_loss } = this.layer;
    const volume = [out[2], out[1], out[0]];
    /** @type {[MapName, number[]][]} */
    const rows = [["activations", volume]];
    if (!is_loss) rows.push(["gradients", volume]);
    if (type === "conv" || type === "fc") {
      const window = type === "conv" ? [Number(options.sy), Number(options.sx)] : [input[1], input[0]];
      const filters = [out[2], input[2], ...window];
      rows.push(["weights", filters], ["weight_gradients", filters]);
    }
    return rows;
  }

  /** @param {MapName} name */
  row(name) {
    const found = this.rows.get(name);
    if (found) return found;
    const made = new MapRow(name, this.layer, this.classes, this.colors);
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

  /** @param {LayerMaps} maps @param {Source} source */
  draw(maps, source) {
    this.element.dataset.drawn = "";
    const available = this.available();
    for (const name of /** @type {MapName[]} */ (Object.keys(CAPTIONS))) {
      const map = maps[name];
      if (map) {
        const row = this.row(name);
        row.element.hidden = false;
        row.draw(map, available);
      } else {
        this.without(name, source);
      }
    }
    this.sayRange(this.activation, "activation", maps.activations);
    this.sayRange(this.gradient, "gradient", maps.gradients);
  }

  /**
   * A map that was not sent. A user's image has no true class and so no gradients: the row stays,
   * empty, so that nothing jumps. Otherwise the layer has no such map.
   * @param {MapName} name
   * @param {Source} source
   */
  without(name, source) {
    const row = this.rows.get(name);
    if (!row) return;
    if (source === "image") {
      row.empty("none: the true class of your image is unknown");
    } else {
      row.element.hidden = true;
    }
  }

  /** @param {HTMLElement} place @param {string} what @param {PixelMap | undefined} map */
  sayRange(place, what, map) {
    setText(place, `max ${what}: ${trimmed(map?.max)}, min: ${trimmed(map?.min)}`);
    place.hidden = !map && this.layer.is_loss; // a loss layer's own gradient is not shown
  }

  /** Paints all maps anew, in other colors. */
  repaint() {
    for (const row of this.rows.values()) row.paint();
  }

  /** Outlines units of this layer in all maps that show them. @param {Mark} mark @param {Box | null} box  null for none */
  outline(mark, box) {
    for (const name of /** @type {const} */ (["activations", "gradients"])) this.rows.get(name)?.outline(mark, box);
  }

  /** Outlines the filter that made a unit of this layer. @param {Mark} mark @param {number | null} filter  null for none */
  outlineFilter(mark, filter) {
    for (const name of /** @type {const} */ (["weights", "weight_gradients"])) this.rows.get(name)?.outlineFilter(mark, filter);
  }

  /** @param {string} text  which example is shown */
  sayExample(text) {
    showText(this.example, text);
  }
}
