// A test image in the grid of all of them: its picture, what it was taken for, and how surely.

import { probability } from "../words/numbers.js";
import { imageText, shortText } from "../words/test_images.js";
import { make, setText } from "./dom.js";
import { showPicture } from "./pixel_canvas.js";

/** @import { FoundImage } from "../view_context.js" */
/** @import { Picture } from "./picture_sheets.js" */

/** Of a picture, in CSS pixels, about. */
const SIDE = 48;

export function makeImageCell() {
  const canvas = make("canvas", { "aria-hidden": true });
  return make("div", { class: "test-image" }, canvas, make("span", { class: "test-image-text" }), make("span", { class: "test-image-share" }));
}

/**
 * @param {HTMLElement} cell  which may have shown another image
 * @param {FoundImage} image
 * @param {Picture | undefined} picture  undefined until it is here
 * @param {string[]} classes
 */
export function fillImageCell(cell, image, picture, classes) {
  const [canvas, text, share] = /** @type {[HTMLCanvasElement, HTMLElement, HTMLElement]} */ (/** @type {unknown} */ (cell.children));
  const index = String(image.index);
  if (picture && canvas.dataset.index !== index) {
    showPicture(canvas, picture.pixels, picture.width, picture.height, Math.max(1, Math.round(SIDE / picture.width)));
  }
  canvas.dataset.index = picture ? index : "";
  canvas.style.visibility = picture ? "visible" : "hidden";
  cell.dataset.right = String(image.truth === image.guess);
  cell.setAttribute("aria-label", imageText(image, classes));
  setText(text, shortText(image, classes));
  setText(share, probability(image.probability));
}
