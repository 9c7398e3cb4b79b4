// Says in words what the map of the test set shows, one of its points, and a selection of them.

import { title } from "./layer_text.js";
import { accuracy, count, probability } from "./numbers.js";

/** @import { InquiryAnswer } from "../server/inquiries.js" */
/** @import { LayerInfo } from "../server/protocol.js" */

/**
 * @param {InquiryAnswer} answer
 * @param {number} images
 * @param {LayerInfo | undefined} layer
 */
export function mapText({ examples, apart, share, features }, images, layer) {
  const of = layer ? `the ${count(features)} features of ${title(layer)}` : `${count(features)} features`;
  return `After ${count(examples)} examples: ${accuracy(apart, images)} of the points lie nearest to the middle of their own class. `
    + `The plane shows ${probability(share)} of the variance of ${of}.`;
}

/**
 * @param {number} index  of the test image
 * @param {string} truth
 * @param {string} guess
 */
export function pointText(index, truth, guess) {
  return `Test image ${count(index)}: ${truth}` + (guess === truth ? "" : `, taken for ${guess}`);
}

/**
 * How many images are selected, of which classes, and how many of them are mistaken.
 * @param {readonly number[]} truths
 * @param {readonly number[]} guesses
 * @param {(label: number) => string} name
 */
export function selectionText(truths, guesses, name) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const truth of truths) counts.set(truth, (counts.get(truth) ?? 0) + 1);
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([label, images]) => `${count(images)} of ${name(label)}`);
  const wrong = truths.filter((truth, i) => truth !== guesses[i]).length;
  return `${count(truths.length)} selected: ${parts.join(", ")}; ${wrong === 0 ? "none" : count(wrong)} mistaken`;
}
