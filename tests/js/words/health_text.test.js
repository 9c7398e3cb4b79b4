// What a layer's numbers mean, in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { middleHalf, percent, sharesText, spreadText, troubleText, updateText } from "../../../static/js/words/health_text.js";

test("a share is never rounded to nothing", () => {
  assert.deepEqual([0, 0.004, 0.28, 1].map(percent), ["0%", "<1%", "28%", "100%"]);
});

test("where nothing is wrong nothing is said", () => {
  assert.equal(troubleText([], 128), "");
});

test("every trouble has its sentence, with its figure", () => {
  const dead = troubleText([{ trouble: "dead", value: 0.28 }], 128);
  assert.equal(dead, "28% of these units are never active (in the last 128 images looked at): try a smaller learning rate.");
  for (const [trouble, value, said] of /** @type {[string, number, string][]} */ ([
    ["saturated", 0.8, "80%"], ["large_updates", 0.2, "20%"], ["small_updates", 2e-7, "2.0e-7"],
    ["exploding", 12345, "12000"], ["vanishing", 3e-5, "3.0e-5"], ["vanishing", 0, "No gradient"],
  ])) assert.ok(troubleText([{ trouble, value }], 128).includes(said), trouble);
});

test("half of the values lie between the quartiles", () => {
  // Four bins from 0 to 4, each with a quarter of the values.
  assert.deepEqual(middleHalf({ low: 0, high: 4, roots: [5, 5, 5, 5] }), [1, 3]);
  // All in the third bin: its own quarters.
  assert.deepEqual(middleHalf({ low: 0, high: 4, roots: [0, 0, 5, 0] }), [2.25, 2.75]);
});

test("a spread reads from its middle half to its extremes", () => {
  const spread = { low: -2, high: 2, roots: [5, 5, 5, 5] };
  assert.equal(spreadText("Weights", spread, false), "Weights: half from -1 to 1, all from -2 to 2");
  assert.equal(spreadText("Gradient sizes", spread, true), "Gradient sizes: half from 1e-1 to 1e+1, all from 1e-2 to 1e+2");
  assert.equal(spreadText("Gradient sizes", null, true), "Gradient sizes: all 0");
});

test("updates are compared with the healthy band", () => {
  const healthy = [1e-4, 1e-2];
  assert.deepEqual([5e-5, 1e-3, 0.02].map((ratio) => updateText(ratio, healthy).match(/below|within|above/)?.[0]), ["below", "within", "above"]);
  assert.match(updateText(null, healthy), /next step/);
});

test("a layer without parameters has no share of them", () => {
  assert.equal(sharesText(0.14, 0.5), "14% of the time, 50% of the parameters");
  assert.equal(sharesText(0.14, 0), "14% of the time");
});
