// Checks where losses and accuracies stand on their axes, and which places are labeled.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyAxis, lossAxis } from "../../../static/js/graphs/axes.js";

const noCeiling = () => Infinity;

test("a linear axis of losses begins at zero and ends at the ceiling", () => {
  assert.deepEqual(lossAxis(false, noCeiling).range(0.5, 2), [0, 2.1]);
  assert.deepEqual(lossAxis(false, () => 4).range(0.5, 1e9), [0, 4.2]);
});

test("a logarithmic axis of losses has no place for zero, and labels round numbers only", () => {
  const { place, label, range } = lossAxis(true, () => 4);
  assert.deepEqual([place(0), place(null), place(0.3)], [null, null, 0.3]);
  assert.deepEqual([0.1, 0.2, 0.3, 0.5, 2].map(label), ["0.1", "0.2", "", "0.5", "2"]);
  assert.deepEqual(range(0.5, 1e9), [0.4, 5]);
});

test("a logarithmic axis of accuracies is logarithmic in the error, and has a place for 100%", () => {
  const { place, label } = accuracyAxis(true);
  const places = [0, 0.9, 0.99, 1].map((share) => place(share) ?? NaN);
  for (const [i, expected] of [0, 1, 2, 4].entries()) assert.ok(Math.abs(places[i] - expected) < 1e-9);
  assert.deepEqual(places.slice(0, 3).map(label), ["0%", "90%", "99%"]);
  assert.equal(place(null), null);
});

test("accuracies are labeled where there is room, the roundest first", () => {
  const { ticks, label } = accuracyAxis(true);
  assert.deepEqual(ticks?.(0, 4).map(label), ["0%", "90%", "99%", "99.9%", "99.99%"]);
  assert.deepEqual(ticks?.(0, 1.4).map(label), ["0%", "50%", "70%", "80%", "90%", "95%"]);
});

test("a linear axis of accuracies begins at a whole tenth below the least", () => {
  const { range, label } = accuracyAxis(false);
  assert.equal(range(0.97, 1)[0], 0.9);
  assert.equal(range(0.01, 1)[0], 0);
  assert.equal(label(0.985), "98.5%");
});
