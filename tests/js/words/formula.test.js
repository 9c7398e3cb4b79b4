// Checks that a formula is written as people do, with its names and with its numbers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formulaText } from "../../../static/js/words/formula.js";

test("names stand where there are no numbers yet", () => {
  assert.equal(formulaText("scale * (x - mean) / sqrt(variance + eps) + shift"), "scale · (x − mean) / √(variance + eps) + shift");
  assert.equal(formulaText("(1 - drop_prob) * x"), "(1 − drop prob) · x");
});

test("negative numbers stand in parentheses after a sign", () => {
  assert.equal(formulaText("sum + bias", { sum: -2, bias: -0.5 }), "−2 + (−0.5)");
  assert.equal(formulaText("max(0, x)", { x: -1.25 }), "max(0, −1.25)");
  assert.equal(formulaText("1 / (1 + exp(-x))", { x: 3 }), "1 / (1 + exp(−3))");
  assert.equal(formulaText("1 / (1 + exp(-x))", { x: -3 }), "1 / (1 + exp(−(−3)))");
  assert.equal(formulaText("-count", { count: 2 }), "−2");
  assert.equal(formulaText("x / (k + alpha / n * sum) ** beta", { x: 1, k: 2, alpha: 3, n: 5, sum: 4, beta: 0.75 }), "1 / (2 + 3 / 5 · 4)^0.75");
});

test("a number that is not finite is a dash", () => {
  assert.equal(formulaText("x", { x: null }), "–");
});
