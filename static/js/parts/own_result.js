// Shows what the network takes a user's picture for, and asks what it really is.

import { byId, make, setText } from "./dom.js";
import { showPicture } from "./pixel_canvas.js";
import { makeBars } from "./probability_bars.js";

/** @typedef {{image: Uint8Array, probabilities: number[]}} Answer */

const SIDE = 28;
const SCALE = 5;
/** Of data with more classes only the likeliest are shown. */
const MOST_BARS = 10;

export class OwnResult {
  /**
   * @param {() => string[]} classes  names
   * @param {(label: number) => void} label  called when a person says what it is
   */
  constructor(classes, label) {
    this.classes = classes;
    this.label = label;
    this.place = byId("own_result", HTMLElement);
    this.preview = byId("own_preview", HTMLCanvasElement);
    this.bars = byId("own_bars", HTMLElement);
    this.labels = byId("own_labels", HTMLElement);
    this.status = byId("own_labeled", HTMLElement);
    this.isEmpty = true;
  }

  /** What has come of it that a person said what it is. @param {string} text */
  say(text) {
    setText(this.status, text);
  }

  /** Without an answer, nothing of an earlier one may stand. @param {Answer | null} answer */
  show(answer) {
    this.isEmpty = answer === null;
    this.place.hidden = answer === null;
    this.bars.replaceChildren(...makeBars(guessesOf(answer?.probabilities ?? []), this.classes(), null));
    if (!answer) return;
    showPicture(this.preview, answer.image, SIDE, SIDE, SCALE);
    this.makeLabels();
  }

  /** Only where the classes have changed, so that a button is not lost under the pointer. */
  makeLabels() {
    const classes = this.classes();
    const shown = [...this.labels.children].map((button) => button.textContent);
    if (shown.join("\n") === classes.join("\n")) return;
    this.labels.replaceChildren(...classes.map((name, label) => {
      const button = make("button", { type: "button" }, name);
      button.addEventListener("click", () => this.label(label));
      return button;
    }));
  }
}

/** In the order of the classes, so that a bar stays in its place. @param {number[]} probabilities */
function guessesOf(probabilities) {
  const guesses = probabilities.map((probability, i) => ({ class: i, probability }));
  const likeliest = guesses.toSorted((a, b) => b.probability - a.probability).slice(0, MOST_BARS);
  return likeliest.sort((a, b) => a.class - b.class);
}
