// Says in words which test images were found, and what one of them was taken for.

import { count, probability } from "./numbers.js";

/** @import { FoundImage, FoundImages, ImageQuestion, RankedImage } from "../view_context.js" */

/** @param {string[]} classes @param {number} index */
export function className(classes, index) {
  return classes[index] ?? String(index);
}

/** In a cell as narrow as a digit. @param {FoundImage} image @param {string[]} classes */
export function shortText({ truth, guess }, classes) {
  return truth === guess ? `${className(classes, truth)} ✓` : `${className(classes, truth)} → ${className(classes, guess)}`;
}

/** @param {FoundImage} image @param {string[]} classes */
export function imageText({ index, truth, guess, probability: share }, classes) {
  return `Image ${count(index)}: truth ${className(classes, truth)}, guess ${className(classes, guess)}, ${probability(share)}`;
}

/** As it is told to screen readers. @param {RankedImage} image @param {string[]} classes */
export function rankedText({ index, truth, top }, classes) {
  const likeliest = top.slice(0, 3).map((guess) => `${className(classes, guess.class)} ${probability(guess.probability)}`);
  return `Image ${count(index)}: truth ${className(classes, truth)}; likeliest ${likeliest.join(", ")}`;
}

/**
 * Above the list.
 * @param {FoundImages} list
 * @param {ImageQuestion} question
 * @param {string[]} classes
 */
export function foundText({ found, tested, examples }, question, classes) {
  return `${count(found)} of ${count(tested)} test images after ${count(examples)} examples${conditions(question, classes)}`;
}

/** @param {ImageQuestion} question @param {string[]} classes */
function conditions({ truth = null, guess = null, right = null, indices = null }, classes) {
  const said = [];
  if (indices) said.push(`among ${count(indices.length)} chosen ones`);
  if (truth !== null) said.push(`truth ${className(classes, truth)}`);
  if (guess !== null) said.push(`guess ${className(classes, guess)}`);
  if (right !== null) said.push(right ? "right" : "wrong");
  return said.length ? `: ${said.join(", ")}` : "";
}
