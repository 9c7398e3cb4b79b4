// A test image in the grid of all of them: its picture, what it was taken for, and how surely.

import { probability } from "../words/numbers.js";
import { imageText, shortText } from "../words/test_images.js";
import { make, setText } from "./dom.js";
import { showFromSheet } from "./picture_sheets.js";

/** @import { FoundImage } from "../view_context.js" */
/** @import { Picture } from "./picture_sheets.js" */

/** Of a picture, in CSS pixels. */
const SIDE = 56;

export function makeImageCell() {
  const hidden = { "aria-hidden": true }; // a sentence says it all
  return make("div", { class: "test-image" },
    make("div", { class: "test-picture", ...hidden }), make("span", { class: "hidden-text" }),
    make("span", { class: "test-image-text", ...hidden }), make("span", { class: "test-image-share", ...hidden }));
}

/**
 * @param {HTMLElement} cell  which may have shown another image
 * @param {FoundImage} image
 * @param {Picture | undefined} picture  undefined until it is here
 * @param {string[]} classes
 */
export function fillImageCell(cell, image, picture, classes) {
  const [drawn, words, text, share] = /** @type {HTMLElement[]} */ ([...cell.children]);
  if (picture) showFromSheet(drawn, picture, SIDE);
  drawn.style.visibility = picture ? "visible" : "hidden";
  cell.dataset.right = String(image.truth === image.guess);
  setText(words, imageText(image, classes));
  setText(text, shortText(image, classes));
  setText(share, probability(image.probability));
}
