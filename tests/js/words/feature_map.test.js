// Checks what is said of the map of the test set, of its points and of those that are selected.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mapText, pointText, selectionText } from "../../../static/js/words/feature_map.js";

const ANSWER = { run_id: 1, step: 617, examples: 12_340, apart: 0.8312, share: 0.456, features: 256 };
const POOL = { index: 6, type: "pool", in: [12, 12, 16], out: [4, 4, 16], parameters: 0, options: {} };

test("the map says what it covers", () => {
  assert.equal(
    mapText(ANSWER, 1000, /** @type {any} */ (POOL)),
    "After 12,340 examples: 83.1% of the points lie nearest to the middle of their own class. "
    + "The plane shows 46% of the variance of the 256 features of pool (4x4x16).",
  );
  assert.match(mapText(ANSWER, 60, undefined), /^After 12,340 examples: 83% .* of 256 features\.$/);
});

test("a point says its class, and what it is mistaken for", () => {
  assert.equal(pointText(1421, "4", "4"), "Test image 1,421: 4");
  assert.equal(pointText(7, "shirt", "coat"), "Test image 7: shirt, taken for coat");
});

test("a selection is counted by class, the largest first, and its mistakes", () => {
  /** @param {number} label */
  const name = (label) => "abc"[label];
  assert.equal(selectionText([2, 0, 2, 2], [2, 0, 1, 0], name), "4 selected: 3 of c, 1 of a; 2 mistaken");
  assert.equal(selectionText([1], [1], name), "1 selected: 1 of b; none mistaken");
});
