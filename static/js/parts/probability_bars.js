// Makes the bars beside a picture, one for each guess: as wide as it is probable, with the number as text.

import { make } from "./dom.js";
import { probability } from "../words/numbers.js";

/** @import { Guess } from "../server/protocol.js" */

/**
 * @param {Guess[]} top  most likely first
 * @param {string[]} classes  names
 * @param {number | null} truth  null where nobody knows it
 * @returns {HTMLLIElement[]}
 */
export function makeBars(top, classes, truth) {
  return top.map((guess) => makeBar(guess, classes, truth === null ? "open" : guess.class === truth ? "right" : "wrong"));
}

/**
 * @param {Guess} guess
 * @param {string[]} classes  names
 * @param {"open" | "right" | "wrong"} kind  open where nobody knows whether it is right
 * @returns {HTMLLIElement}
 */
export function makeBar(guess, classes, kind) {
  const fill = make("span", { class: "bar-fill" });
  fill.style.width = `${guess.probability * 100}%`;
  const name = make("span", { class: "bar-name" }, classes[guess.class] ?? String(guess.class));
  if (kind === "right") name.append(make("span", { class: "bar-check", role: "img", "aria-label": " (the true class)" }, " ✓"));
  return make("li", { class: "prediction-bar", "data-kind": kind }, fill, name, make("span", { class: "bar-share" }, probability(guess.probability)));
}
