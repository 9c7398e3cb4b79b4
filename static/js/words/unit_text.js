// Says what a unit is, how its layer made it of others, and how its gradient came back.

import { title } from "./layer_text.js";

/** @import { Unit } from "../parts/pinned_unit.js" */
/** @import { LayerInfo } from "../server/protocol.js" */
/** @import { Box } from "../maps/receptive_field.js" */

/**
 * A unit within its layer, as in "map 3, x 4, y 7".
 * @param {LayerInfo} layer
 * @param {string[]} classes
 * @param {{channel: number, y: number, x: number}} unit
 */
export function placeText({ out }, classes, { channel, y, x }) {
  if (out[0] * out[1] > 1) return `map ${channel}, x ${x}, y ${y}`;
  return out[2] === classes.length ? `class ${classes[channel]}` : `neuron ${channel}`;
}

/** @param {LayerInfo[]} layers @param {string[]} classes @param {Unit} unit */
export function unitTitle(layers, classes, unit) {
  const layer = layers[unit.layer];
  return `layer ${layer.index}, ${title(layer)}: ${placeText(layer, classes, unit)}`;
}

/**
 * What a unit is made of, in the layer before and in the input; empty where that says nothing.
 * @param {number} layer  the unit's
 * @param {Box[]} fields  of the layers before, nearest first
 */
export function fieldsText(layer, fields) {
  if (fields.length < 2) return "";
  const [near, far] = [fields[0], fields[fields.length - 1]].map(({ channels, rows, columns }) => [columns, rows, channels].map(([first, end]) => end - first));
  const numbers = near.every((size) => size === 1) ? "one number" : `${near.join("x")} numbers`;
  return `It is made of ${numbers} of layer ${layer - 1}, and through these of ${far[0]}x${far[1]} pixels of the input.`;
}

/** @type {Record<string, string>} */
const MADE = {
  input: "A pixel of the image, from 0 for black to 255 for white, scaled.",
  conv: "The patch under the filter times the filter, number by number; the products are summed map by map, and a bias is added.",
  fc: "Every number of the layer before times its weight; the products are summed, and a bias is added.",
  pool: "The largest number in the window.",
  avgpool: "The mean of the numbers in the window.",
  relu: "Negative numbers become 0.",
  sigmoid: "Squeezed between 0 and 1.",
  tanh: "Squeezed between −1 and 1.",
  maxout: "The largest of its group of maps at this place.",
  dropout: "While training a share of the numbers is left out at random; here, as in prediction, none is, and all are scaled instead.",
  lrn: "Divided by a power of what the maps around it hold at this place.",
  batchnorm: "Shifted and scaled by what its map usually holds, then as learned.",
  softmax: "The exponential of its score as a share of all: a probability. Subtracting the largest score changes nothing and keeps the exponentials small.",
  svm: "The score as it is; the loss compares it with that of the true class.",
  regression: "The score as it is; the loss compares it with 1 for the true class and 0 for the others.",
};

/** How layers of this type make a unit. @param {string} type */
export function madeText(type) {
  return MADE[type] ?? "";
}

/** @type {Record<string, string>} */
const PASSED = {
  softmax: "The probability, minus 1 if this is the true class.",
  svm: "1 if the score comes within the margin of the true class’s; the true class’s own score is pushed up by each that does.",
  regression: "The score, minus what it is to be.",
};

/** How the layer behind, of this type, passes a gradient back. @param {string} type */
export function passedText(type) {
  return PASSED[type] ?? "Each unit behind that is made of this one passes back its own gradient times how much it rises with this one.";
}

/** @type {Record<string, string>} */
const LOSS = {
  softmax: "None: this is where it begins. The loss is small where the probability of the true class is near 1.",
  svm: "None: this is where it begins. The loss adds up by how much each score comes within 1 of the true class’s.",
  regression: "None: this is where it begins. The loss is half the sum of the squared distances from what the scores are to be.",
};

/** How the layer that ends the network makes the loss of its outputs. @param {string} type */
export function lossText(type) {
  return LOSS[type] ?? "";
}

/** What the numbers behind a loss are called, as in `termNames`. @param {string} type @returns {[string, string, string]} */
export function lossNames(type) {
  return type === "svm" ? ["score", "", "adds"] : ["distance", "distance", "square"];
}

/**
 * What the numbers behind a sum are called: those that go in, their factors, and what each contributes.
 * @param {string} type  of the layer that made the sum
 * @param {boolean} back  whether it is a gradient's
 * @returns {[string, string, string]}
 */
export function termNames(type, back) {
  if (back) return type === "svm" ? ["score", "", "within the margin"] : ["gradient there", "rises by", "passed back"];
  switch (type) {
    case "conv": return ["patch", "filter", "product"];
    case "fc": return ["number", "weight", "product"];
    case "lrn": return ["number", "number", "square"];
    case "softmax": return ["score", "", "exponential"];
    default: return ["window", "", "number"];
  }
}
