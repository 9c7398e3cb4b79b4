// Pins how numbers read on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../static/js/words/numbers.js";

test("numbers are trimmed as the original did, and tiny ones do not read as zero", () => {
  const pairs = [[2.53001, "2.53001"], [-0.5, "-0.5"], [0, "0"], [12.345678, "12.3457"], [3e-7, "3.0e-7"], [2.5e9, "2.5e+9"]];
  for (const [value, text] of pairs) assert.equal(format.trimmed(Number(value)), text);
});

test("what is not known is a dash, never NaN", () => {
  for (const write of [format.count, format.percent, format.milliseconds, format.seconds, format.trimmed]) {
    assert.deepEqual([write(null), write(undefined), write(NaN), write(Infinity)], Array(4).fill(format.UNKNOWN));
  }
  assert.equal(format.fixed(null, 2), format.UNKNOWN);
  assert.equal(format.fixed(1.2345e27, 5), "1.23e+27");
});

test("counts, shares, times and axes", () => {
  assert.equal(format.count(1234567.4), "1,234,567");
  assert.equal(format.percent(0.9876, 1), "98.8%");
  assert.equal(format.milliseconds(0.1234), "0.123ms");
  assert.deepEqual([1.234, 47.1, 251].map(format.seconds), ["1.2s", "47s", "4.2min"]);
  assert.deepEqual([0, 800, 1600, 2_000_000].map(format.thousands), ["0", "800", "1.6k", "2M"]);
});

test("how long ago something was", () => {
  const cases = [[-2, "just now"], [59, "just now"], [60, "1 minute ago"], [7199, "1 hour ago"], [7200, "2 hours ago"], [90_000, "yesterday"], [30 * 86_400, "30 days ago"]];
  for (const [seconds, said] of cases) assert.equal(format.ago(Number(seconds)), said);
});
