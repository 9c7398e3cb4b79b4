// Shows one test image large, with the likeliest classes in the newest full test.

import { className, rankedText } from "../words/test_images.js";
import { count } from "../words/numbers.js";
import { byId, setText } from "./dom.js";
import { showFromSheet } from "./picture_sheets.js";
import { makeBars } from "./probability_bars.js";
import { makeSpeaker } from "./speech.js";

/** @import { RankedImage } from "../view_context.js" */
/** @import { Picture } from "./picture_sheets.js" */

/** Of its picture, in CSS pixels. */
const SIDE = 168;

export class LargeImage {
  constructor() {
    this.place = byId("browser_image", HTMLElement);
    this.picture = byId("browser_picture", HTMLElement);
    this.words = byId("browser_words", HTMLElement);
    this.bars = byId("browser_bars", HTMLOListElement);
    this.speak = makeSpeaker(byId("spoken", HTMLElement));
    /** Whether this image's classes have been spoken: they go on changing while the network learns. */
    this.spoken = false;
    /** Index of the image; null while none is shown. @type {number | null} */
    this.index = null;
  }

  /** @param {number | null} index  its picture and its classes follow */
  choose(index) {
    this.index = index;
    this.spoken = false;
    this.place.hidden = index === null;
    this.picture.style.visibility = "hidden";
    this.bars.replaceChildren();
    if (index !== null) this.say(`Image ${count(index)}`);
  }

  /** @param {string} text */
  say(text) {
    setText(this.words, text);
  }

  /** @param {Picture | undefined} picture */
  draw(picture) {
    if (!picture) return;
    showFromSheet(this.picture, picture, SIDE);
    this.picture.style.visibility = "visible";
  }

  /** @param {RankedImage} image @param {string[]} classes */
  rank(image, classes) {
    const { index, truth, top, examples } = image;
    if (index !== this.index) return;
    if (!this.spoken) this.speak(rankedText(image, classes));
    this.spoken = true;
    this.say(`Image ${count(index)}: truth ${className(classes, truth)}, after ${count(examples)} examples`);
    this.bars.replaceChildren(...makeBars(top, classes, truth));
    this.picture.setAttribute("aria-label", `test image ${count(index)}, truth ${className(classes, truth)}`);
  }
}
