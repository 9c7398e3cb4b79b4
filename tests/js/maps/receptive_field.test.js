// Checks which units a network has; what they are made of is held to the engine by a Python test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf, hasUnit } from "../../../static/js/maps/receptive_field.js";

/** @type {any[]} */
const layers = [
  { type: "input", in: [6, 5, 1], out: [6, 5, 1], options: {} },
  { type: "conv", in: [6, 5, 1], out: [6, 5, 2], options: { sx: 3, sy: 3, stride: 1, pad: 1 } },
];

test("a unit lies within its layer's volume", () => {
  assert.ok(hasUnit(layers, { layer: 1, channel: 1, y: 4, x: 5 }));
  for (const other of [{ channel: 2 }, { y: 5 }, { x: 6 }, { layer: 2 }]) {
    assert.ok(!hasUnit(layers, { layer: 1, channel: 1, y: 4, x: 5, ...other }));
  }
});

test("padding is no part of what is outlined", () => {
  assert.deepEqual(fieldsOf(layers, { layer: 1, channel: 0, y: 0, x: 5 }), [{ channels: [0, 1], rows: [0, 2], columns: [4, 6] }]);
  assert.deepEqual(fieldsOf(layers, { layer: 0, channel: 0, y: 0, x: 0 }), []);
});
