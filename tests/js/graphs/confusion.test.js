// Checks what is reckoned from a confusion matrix, and what its files and cells say.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, csvOf, scoreChanges, scoresOf, sums, svgOf } from "../../../static/js/graphs/confusion.js";
import { cellAfter, cellText } from "../../../static/js/graphs/confusion_table.js";

// Of 10 images of "a" 8 are right; nothing is a "c", and one "b" is taken for it.
const COUNTS = [8, 2, 0, 1, 6, 1, 0, 0, 0];
const BEFORE = [5, 5, 0, 1, 7, 0, 0, 0, 0];
const CLASSES = ["a", "b", "c"];

test("precision, recall and F1 are those of the textbook, and unknown where nothing is divided by nothing", () => {
  const [a, b, c] = scoresOf(COUNTS);
  assert.deepEqual([a.precision, a.recall], [8 / 9, 8 / 10]);
  assert.ok(Math.abs((a.f1 ?? 0) - (2 * (8 / 9) * 0.8) / (8 / 9 + 0.8)) < 1e-12);
  assert.deepEqual(b, { precision: 6 / 8, recall: 6 / 8, f1: 12 / 16 });
  assert.deepEqual(c, { precision: 0, recall: null, f1: 0 });
  assert.deepEqual(scoresOf([0]), [{ precision: null, recall: null, f1: null }]);
  assert.deepEqual(sums(COUNTS), { truths: [10, 8, 0], guesses: [9, 8, 1] });
});

test("the largest error has the full color, however much is right, and one image is seen", () => {
  const cells = cellsOf([990, 100, 1, 980], null);
  assert.deepEqual(cells.map(({ kind }) => kind), ["good", "bad", "bad", "good"]);
  assert.deepEqual(cells.map(({ share }) => share.toFixed(2)), ["1.00", "1.00", "0.10", "0.99"]);
  assert.ok(cellsOf([0, 0, 0, 0], null).every(({ kind, share }) => kind === "" && share === 0));
});

test("a difference is good where more is right or less is wrong", () => {
  const cells = cellsOf(COUNTS, BEFORE);
  assert.deepEqual(cells.map(({ value }) => value), [3, -3, 0, 0, -1, 1, 0, 0, 0]);
  assert.deepEqual(cells.map(({ kind }) => kind), ["good", "good", "", "", "bad", "bad", "", "", ""]);
  const [a, , c] = scoreChanges(COUNTS, BEFORE);
  assert.ok(Math.abs((a.recall ?? 0) - 0.3) < 1e-12);
  assert.equal(c.recall, null);
});

test("the CSV has a line for each class, whatever the names hold", () => {
  const csv = csvOf({ title: "", classes: ['say "a"', "b,c", "d"], counts: COUNTS, before: null });
  assert.deepEqual(csv.split("\r\n"), [
    'true\\guess,"say ""a""","b,c",d,precision,recall,F1',
    '"say ""a""",8,2,0,0.8889,0.8000,0.8421',
    '"b,c",1,6,1,0.7500,0.7500,0.7500',
    "d,0,0,0,0.0000,,0.0000",
    "",
  ]);
  const [, line] = csvOf({ title: "", classes: CLASSES, counts: COUNTS, before: BEFORE }).split("\r\n");
  assert.match(line, /^a,3,-3,0,0\.0556,0\.3000,/);
});

test("the SVG is a document of its own with every count and name in it, and its title cannot break it", () => {
  const svg = svgOf({ title: "a < b & c", classes: CLASSES, counts: COUNTS, before: null });
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox/);
  assert.ok(svg.includes("<title>a &lt; b &amp; c</title>"));
  assert.deepEqual([...svg.matchAll(/<text[^>]*>(\d+)<\/text>/g)].map(([, text]) => Number(text)), COUNTS);
  assert.ok(svgOf({ title: "", classes: CLASSES, counts: COUNTS, before: BEFORE }).includes(">−3<"));
});

test("arrow keys stay within the matrix", () => {
  assert.deepEqual(["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "End", "PageDown"].map((key) => cellAfter(key, 0, 3)), [0, 0, 1, 3, 2, 6]);
  assert.deepEqual(["ArrowRight", "ArrowDown", "Home", "PageUp", "x"].map((key) => cellAfter(key, 8, 3)), [8, 8, 6, 2, undefined]);
});

test("a cell says what it counts", () => {
  const shown = { title: "", classes: CLASSES, counts: COUNTS, before: null };
  assert.equal(cellText(shown, CLASSES, 1), "2 of 10 images of a are taken for b.");
  assert.equal(cellText(shown, CLASSES, 5), "1 of 8 images of b is taken for c.");
  assert.equal(cellText({ ...shown, before: BEFORE }, CLASSES, 0), "8 of 10 images of a are recognized, before 5 (+3).");
});
