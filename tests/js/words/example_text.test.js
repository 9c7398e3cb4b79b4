// Checks how an example is named on the page and in its address.

import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleIn, exampleText, fragmentOf, sameExample } from "../../../static/js/words/example_text.js";

const dataset = { name: "MNIST", classes: ["zero", "one"], train: 54000, validation: 6000, test: 10000 };
/** @type {{source: "test", index: number, pinned: boolean}} */
const pinned = { source: "test", index: 1234, pinned: true };

test("an example is named by its place and its truth", () => {
  assert.equal(exampleText({ ...pinned, label: 1 }, dataset), "test image 1,234 of 10,000, truth one");
  assert.equal(exampleText({ source: "training", index: 3, pinned: false, label: 0 }, dataset), "a training image of zero");
  assert.equal(exampleText({ source: "image", index: null, pinned: true, label: null }, dataset), "your image");
});

test("what is pinned stands in the address and is read from there", () => {
  assert.deepEqual(exampleIn(fragmentOf(pinned)), { source: "test", index: 1234 });
  assert.equal(fragmentOf({ source: "training", index: 3, pinned: false }), "");
  assert.equal(fragmentOf({ source: "image", index: null, pinned: true }), "");
  for (const other of ["", "#main", "#example=test", "#example=image:1", "#example=test:-1"]) assert.equal(exampleIn(other), null);
});

test("the newest training examples count as one", () => {
  assert.ok(sameExample({ source: "training", index: 1, pinned: false }, { source: "training", index: 2, pinned: false }));
  assert.ok(!sameExample(pinned, { ...pinned, index: 1 }));
  assert.ok(!sameExample(pinned, { ...pinned, pinned: false }));
});
