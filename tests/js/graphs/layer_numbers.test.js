// Samples that come in, and those that are dropped as on the server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { merged } from "../../../static/js/graphs/layer_numbers.js";
import { extremes } from "../../../static/js/graphs/number_charts.js";

/** @param {...number} numbers @returns {any[]} */
const samples = (...numbers) => numbers.map((number) => ({ number }));

test("new samples follow those held, and only the newest may be out of step", () => {
  assert.deepEqual(merged(samples(0, 1, 2), samples(3), 1), samples(0, 1, 2, 3));
  assert.deepEqual(merged(samples(0, 1, 2, 3), samples(4, 5), 2), samples(0, 2, 4, 5));
  assert.deepEqual(merged(samples(0, 2, 4, 5), samples(6), 2), samples(0, 2, 4, 6));
  assert.deepEqual(merged(samples(0, 2, 3), [], 2), samples(0, 2, 3));
});

test("an axis reaches over all columns, and over something where there are none", () => {
  const spread = (/** @type {number} */ low, /** @type {number} */ high) => ({ low, high, roots: [1] });
  assert.deepEqual(extremes([spread(-1, 2), null, spread(0, 5)]), [-1, 5]);
  assert.deepEqual(extremes([null]), [0, 1]);
});
