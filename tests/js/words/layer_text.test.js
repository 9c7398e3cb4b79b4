// Pins how layers read on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cutText, family, parameters, summary, title } from "../../../static/js/words/layer_text.js";

/** @returns {import("../../../static/js/server/protocol.js").LayerInfo} */
const conv = () => ({
  index: 1, type: "conv", in: [24, 24, 1], out: [24, 24, 8], line: 3, parameters: 208, is_loss: false,
  options: { sx: 5, sy: 5, stride: 1, pad: 0, filters: 8, bias_pref: 0.1 },
});

test("a layer reads as in the original", () => {
  assert.equal(title(conv()), "conv (24x24x8)");
  assert.equal(summary(conv()), "filter size 5x5x1, stride 1");
  assert.equal(parameters(conv()), "parameters: 8x5x5x1+8 = 208");
  const pool = { ...conv(), type: "pool", options: { sx: 2, sy: 2, stride: 2, pad: 1 }, parameters: 0 };
  assert.equal(summary(pool), "pooling size 2x2, stride 2, pad 1");
  assert.equal(parameters(pool), "");
  /** @type {import("../../../static/js/server/protocol.js").LayerInfo} */
  const fc = { ...conv(), type: "fc", in: [4, 4, 16], out: [1, 1, 10], options: { num_neurons: 10 }, parameters: 2570 };
  assert.equal(parameters(fc), "parameters: 10x256+10 = 2570");
});

test("a layer of a type that is not known yet still reads well", () => {
  const other = { ...conv(), type: "norm2", options: { momentum: 0.9 }, parameters: 16 };
  assert.equal(summary(other), "momentum 0.9");
  assert.equal(parameters(other), "parameters: 16");
  assert.equal(family("norm2"), "other");
});

test("what is too large to show whole says what of it is shown", () => {
  assert.equal(cutText([8, 24, 24]), "");
  assert.equal(cutText([64, 8, 5, 5], [4096, 8, 5, 5]), "too large to show whole: the first 64 of 4,096 filters");
  assert.equal(
    cutText([1, 400, 4, 4], [10, 800, 4, 4]),
    "too large to show whole: the first 1 of 10 filters, the first 400 of 800 slices of each",
  );
  assert.equal(cutText([500, 800, 1, 1], [1000, 800, 1, 1]), "too large to show whole: the first 500 of 1,000 neurons");
  assert.equal(cutText([3, 24, 24], [8, 24, 24]), "too large to show whole: the first 3 of 8 maps");
  assert.equal(cutText([1, 250, 250], [1, 1000, 999]), "too large to show whole: at 1/4 of its size");
});
