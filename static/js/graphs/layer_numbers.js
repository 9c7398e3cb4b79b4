// A card's numbers: small charts over time of how the layer's values are spread and how it learns.

import { make, setText, showText } from "../parts/dom.js";
import { percent, sharesText, spreadText, troubleText, updateText } from "../words/health_text.js";
import { trimmed } from "../words/numbers.js";
import { drawChart } from "./number_charts.js";

/** @import { LayerInfo } from "../server/protocol.js" */
/** @import { InquiryAnswer } from "../server/inquiries.js" */
/** @import { Spread } from "../words/health_text.js" */
/** @import { Chart } from "./number_charts.js" */

/**
 * @typedef {object} Sample
 * @property {number} number
 * @property {number} examples
 * @property {Spread | null} weights
 * @property {Spread | null} activations
 * @property {Spread | null} gradients
 * @property {number | null} dead
 * @property {number | null} saturated
 * @property {number | null} update_ratio
 */

/** @typedef {"weights" | "activations" | "gradients" | "update_ratio" | "dead" | "saturated"} Kind */
/** @type {Record<Kind, string>} */
const NAMES = {
  weights: "Weights", activations: "Activations", gradients: "Gradient sizes",
  update_ratio: "Update / weight size", dead: "Never active", saturated: "Saturated",
};
/** Powers of ten between which ratios of updates are drawn. */
const RATIOS = /** @type {[number, number]} */ ([-7, 0]);
const SMALL = { width: 240, height: 44, large: false };

/** The samples that are still kept, with the new ones. @param {Sample[]} held @param {Sample[]} added @param {number} every */
export function merged(held, added, every) {
  const all = [...held, ...added];
  return all.filter(({ number }, at) => number % every === 0 || at === all.length - 1);
}

export class LayerNumbers {
  /** @param {LayerInfo} layer @param {number} parameters  of the whole network @param {boolean} open */
  constructor(layer, parameters, open) {
    this.layer = layer;
    this.share = parameters ? layer.parameters / parameters : 0;
    this.said = make("p", { class: "number-shares" }, "measuring …");
    this.trouble = make("p", { class: "number-trouble", hidden: true });
    this.charts = make("div", { class: "number-charts" });
    this.element = make("details", { class: "layer-numbers", open }, make("summary", {}, "in numbers"), this.said, this.trouble, this.charts);
    this.history = 0;
    /** @type {Sample[]} */
    this.samples = [];
    /** @type {[number, number]} */
    this.healthy = [1e-4, 1e-2];
    /** @type {Map<Kind, {button: HTMLButtonElement, canvas: HTMLCanvasElement, caption: HTMLElement}>} */
    this.figures = new Map();
  }

  /** @param {InquiryAnswer} answer */
  show(answer) {
    if (answer.history !== this.history) this.samples = [];
    this.history = answer.history;
    this.samples = merged(this.samples, answer.samples, answer.every);
    this.healthy = answer.healthy_updates;
    this.element.dataset.samples = String(this.samples.length);
    setText(this.said, sharesText(answer.time_share, this.share));
    showText(this.trouble, troubleText(answer.found, answer.images));
    for (const kind of /** @type {Kind[]} */ (Object.keys(NAMES))) {
      if (!this.has(kind)) continue;
      const { canvas, button, caption } = this.figure(kind);
      drawChart(canvas, this.chart(kind), SMALL);
      setText(caption, this.describe(kind));
      button.setAttribute("aria-label", `${this.describe(kind)}. Enlarge`);
    }
  }

  /** @param {string} message */
  fail(message) {
    setText(this.said, message);
  }

  /** @param {Kind} kind */
  has(kind) {
    if (kind === "update_ratio") return this.layer.parameters > 0;
    return this.samples.some((sample) => sample[kind] !== null);
  }

  /** @param {Kind} kind */
  figure(kind) {
    const found = this.figures.get(kind);
    if (found) return found;
    const canvas = make("canvas", { "aria-hidden": "true" });
    const caption = make("span", { class: "number-caption" });
    const button = make("button", { type: "button", class: "number-chart", "data-number": kind }, caption, canvas);
    this.charts.append(button);
    const made = { button, canvas, caption };
    this.figures.set(kind, made);
    return made;
  }

  /** What the newest sample says, in words. @param {Kind} kind @returns {string} */
  describe(kind) {
    const newest = this.samples[this.samples.length - 1];
    if (kind === "update_ratio") return updateText(newest.update_ratio, this.healthy);
    if (kind === "dead" || kind === "saturated") return `${NAMES[kind]}: ${percent(newest[kind] ?? 0)} of ${kind === "dead" ? "units" : "outputs"}`;
    return spreadText(NAMES[kind], newest[kind], kind === "gradients");
  }

  /** @param {Kind} kind @returns {Chart} */
  chart(kind) {
    const examples = this.samples.map((sample) => sample.examples);
    if (kind === "update_ratio") {
      const values = this.samples.map(({ update_ratio: ratio }) => (ratio === null ? null : Math.log10(Math.max(ratio, 1e-30))));
      return { examples, values, range: RATIOS, band: [Math.log10(this.healthy[0]), Math.log10(this.healthy[1])], write: (value) => `1e${value}` };
    }
    if (kind === "dead" || kind === "saturated") {
      return { examples, values: this.samples.map((sample) => sample[kind]), range: [0, 1], write: percent };
    }
    const write = (/** @type {number} */ value) => (kind === "gradients" ? (10 ** value).toExponential(0) : trimmed(value, 2));
    return { examples, spreads: this.samples.map((sample) => sample[kind]), write };
  }
}
