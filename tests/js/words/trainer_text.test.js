// Pins how a trainer reads on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { changeText, isScheduled, scheduleProgress, settingName, trainerText, unusedText } from "../../../static/js/words/trainer_text.js";

test("a trainer's schedule and average are told where there are any", () => {
  const plain = { method: "adadelta", eps: 1e-6, learning_rate: 0.01, batch_size: 20, l2_decay: 0.001, ema: 0, schedule: "constant", schedule_examples: 600000, step_factor: 0.1, warmup_examples: 0 };
  assert.equal(trainerText(plain), "Trainer: adadelta, eps 1e-6, batch size 20, weight decay 0.001");
  const more = { ...plain, method: "adam", eps: 1e-8, schedule: "cosine", warmup_examples: 2000, ema: 0.999 };
  assert.equal(trainerText(more), "Trainer: adam, eps 1e-8, learning rate 0.01 (warm-up over 2,000 examples, then cosine over 600,000 examples), batch size 20, weight decay 0.001, predicts with averaged weights (ema 0.999)");
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

test("a schedule says how far it has come", () => {
  const cosine = { method: "adam", learning_rate: 0.01, schedule: "cosine", schedule_examples: 600000, step_factor: 0.1, warmup_examples: 0 };
  const cases = /** @type {const} */ ([
    [cosine, 0, "cosine: 0% of 600,000 examples"],
    [cosine, 204_000, "cosine: 34% of 600,000 examples"],
    [cosine, 599_999, "cosine: 99% of 600,000 examples"],
    [cosine, 900_000, "cosine: 100% of 600,000 examples"],
    [{ ...cosine, warmup_examples: 10_000 }, 2_500, "warm-up: 25% of 10,000 examples"],
    [{ ...cosine, warmup_examples: 10_000 }, 10_000, "cosine: 1% of 600,000 examples"],
    [{ ...cosine, schedule: "step" }, 660_000, "step 2: 10% of 600,000 examples"],
    [{ ...cosine, schedule: "constant", warmup_examples: 100 }, 50, "warm-up: 50% of 100 examples"],
    [{ ...cosine, schedule: "constant", warmup_examples: 100 }, 100, ""],
    [{ ...cosine, method: "adadelta" }, 100, ""],
  ]);
  for (const [trainer, examples, said] of cases) assert.equal(scheduleProgress(trainer, examples), said);
});

test("a change of the trainer reads as from one value to another", () => {
  assert.equal(changeText({ learning_rate: [0.01, 0.001] }), "learning rate 0.01 → 0.001");
  assert.equal(changeText({ method: ["adam", "adadelta"], eps: [1e-8, 1e-6] }), "method adam → adadelta, eps 1e-8 → 1e-6");
  assert.equal(changeText({ method: ["sgd", "adam"], l2_decay: [0, 0.1], schedule_examples: [1000, 2000] }), "method sgd → adam, weight decay 0 → 0.1, schedule examples 1,000 → 2,000");
});
