// Pins how numbers and layers read on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../static/js/words/numbers.js";
import { family, parameters, summary, title } from "../../../static/js/words/layer_text.js";
import { isScheduled, trainerText } from "../../../static/js/words/trainer_text.js";

test("numbers are trimmed as the original did, and tiny ones do not read as zero", () => {
  const pairs = [[2.53001, "2.53001"], [-0.5, "-0.5"], [0, "0"], [12.345678, "12.3457"], [3e-7, "3.0e-7"], [2.5e9, "2.5e+9"]];
  for (const [value, text] of pairs) assert.equal(format.trimmed(Number(value)), text);
});

test("what is not known is a dash, never NaN", () => {
  for (const write of [format.count, format.percent, format.milliseconds, format.trimmed]) {
    assert.deepEqual([write(null), write(undefined), write(NaN), write(Infinity)], Array(4).fill(format.UNKNOWN));
  }
  assert.equal(format.fixed(null, 2), format.UNKNOWN);
  assert.equal(format.fixed(1.2345e27, 5), "1.23e+27");
});

test("counts, shares, times and axes", () => {
  assert.equal(format.count(1234567.4), "1,234,567");
  assert.equal(format.percent(0.9876, 1), "98.8%");
  assert.equal(format.milliseconds(0.1234), "0.123ms");
  assert.deepEqual([0, 800, 1600, 2_000_000].map(format.thousands), ["0", "800", "1.6k", "2M"]);
});

test("how long ago something was", () => {
  const cases = [[-2, "just now"], [59, "just now"], [60, "1 minute ago"], [7199, "1 hour ago"], [7200, "2 hours ago"], [90_000, "yesterday"], [30 * 86_400, "30 days ago"]];
  for (const [seconds, said] of cases) assert.equal(format.ago(Number(seconds)), said);
});

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

test("a trainer's schedule and average are told where there are any", () => {
  const plain = { method: "adadelta", learning_rate: 0.01, batch_size: 20, l2_decay: 0.001, ema: 0, schedule: "constant", schedule_examples: 600000, step_factor: 0.1, warmup_examples: 0 };
  assert.equal(trainerText(plain), "Trainer: adadelta, batch of 20, weight decay 0.001");
  const more = { ...plain, method: "adam", schedule: "cosine", warmup_examples: 2000, ema: 0.999 };
  assert.equal(trainerText(more), "Trainer: adam, learning rate 0.01 (warm-up over 2,000 examples, then cosine over 600,000 examples), batch of 20, weight decay 0.001, predicts with averaged weights (ema 0.999)");
  assert.match(trainerText({ ...plain, method: "sgd", schedule: "step" }), /0\.01 \(times 0\.1 every 600,000 examples\),/);
  const cases = [[plain, false], [more, true], [{ ...plain, method: "sgd", warmup_examples: 1 }, true], [{ ...plain, schedule: "step" }, false]];
  for (const [trainer, scheduled] of cases) assert.equal(isScheduled(/** @type {typeof plain} */ (trainer)), scheduled);
});
