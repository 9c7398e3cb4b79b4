// Checks what is said of test images, and how the form's question is put to the server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asQuery } from "../../../static/js/parts/image_question.js";
import { foundText, imageText, rankedText, shortText } from "../../../static/js/words/test_images.js";

const CLASSES = ["boot", "bag"];
const WRONG = { index: 1234, truth: 0, guess: 1, probability: 0.9999 };
const LIST = { run_id: 1, examples: 60_000, data: "", tested: 10_000, found: 12, images: [] };

test("an image says what it is and what it was taken for", () => {
  assert.equal(shortText(WRONG, CLASSES), "boot → bag");
  assert.equal(shortText({ ...WRONG, guess: 0 }, CLASSES), "boot ✓");
  assert.equal(imageText(WRONG, CLASSES), "Image 1,234: truth boot, guess bag, >99%");
  assert.equal(shortText({ ...WRONG, guess: 11 }, CLASSES), "boot → 11"); // the network has more classes
});

test("a ranked image is told with its three likeliest classes", () => {
  const top = [0.9, 0.07, 0.02, 0.01].map((probability, i) => ({ class: 3 - i, probability }));
  const image = { run_id: 1, examples: 20, data: "", index: 1234, truth: 1, top };
  assert.equal(rankedText(image, CLASSES), "Image 1,234: truth bag; likeliest 3 90%, 2 7%, bag 2%");
});

test("a list says how many, of which test, and of what kind", () => {
  assert.equal(foundText(LIST, {}, CLASSES), "12 of 10,000 test images after 60,000 examples");
  assert.equal(foundText(LIST, { truth: 0, guess: 1 }, CLASSES), "12 of 10,000 test images after 60,000 examples: truth boot, guess bag");
  assert.match(foundText(LIST, { right: false, indices: [4, 5, 6] }, CLASSES), /: among 3 chosen ones, wrong$/);
});

test("the server is asked what the question leaves open no more than that", () => {
  assert.equal(asQuery({ sort: "index", from: 0, to: 1, truth: null }).toString(), "sort=index");
  assert.equal(asQuery({ truth: 0, guess: 9, right: false, sort: "confidence" }).toString(), "truth=0&guess=9&right=false&sort=confidence");
  assert.equal(asQuery({ from: 0.25, to: 0.5, indices: [3, 55] }).toString(), "probability_from=0.25&probability_to=0.5&images=3%2C55");
});
