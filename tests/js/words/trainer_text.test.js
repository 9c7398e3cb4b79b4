// Pins how a trainer reads on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isScheduled, settingName, trainerText, unusedText } from "../../../static/js/words/trainer_text.js";

test("a trainer's schedule and average are told where there are any", () => {
  const plain = { method: "adadelta", learning_rate: 0.01, batch_size: 20, l2_decay: 0.001, ema: 0, schedule: "constant", schedule_examples: 600000, step_factor: 0.1, warmup_examples: 0 };
  assert.equal(trainerText(plain), "Trainer: adadelta, batch size 20, weight decay 0.001");
  const more = { ...plain, method: "adam", schedule: "cosine", warmup_examples: 2000, ema: 0.999 };
  assert.equal(trainerText(more), "Trainer: adam, learning rate 0.01 (warm-up over 2,000 examples, then cosine over 600,000 examples), batch size 20, weight decay 0.001, predicts with averaged weights (ema 0.999)");
  assert.match(trainerText({ ...plain, method: "sgd", schedule: "step" }), /0\.01 \(times 0\.1 every 600,000 examples\),/);
  const cases = [[plain, false], [more, true], [{ ...plain, method: "sgd", warmup_examples: 1 }, true], [{ ...plain, schedule: "step" }, false]];
  for (const [trainer, scheduled] of cases) assert.equal(isScheduled(/** @type {typeof plain} */ (trainer)), scheduled);
});

test("a setting is called the same within a sentence as beside its field", () => {
  assert.equal(settingName("l2_decay"), "weight decay");
});

test("a setting that does nothing says so, and with which method", () => {
  const session = { trainer: { method: "adadelta" }, unused_options: ["learning_rate", "momentum"] };
  assert.equal(unusedText("momentum", session), "no effect with adadelta");
  assert.equal(unusedText("batch_size", session), "");
});
