// Pins how numbers read on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../static/js/words/numbers.js";

test("numbers are trimmed as the original did, and tiny ones do not read as zero", () => {
  const pairs = [[2.53001, "2.53001"], [-0.5, "-0.5"], [0, "0"], [12.345678, "12.3457"], [3e-7, "3.0e-7"], [2.5e9, "2.5e+9"]];
  for (const [value, text] of pairs) assert.equal(format.trimmed(Number(value)), text);
});

test("what is not known is a dash, never NaN", () => {
  for (const write of [format.count, format.loss, format.accuracy, format.rate, format.milliseconds, format.seconds, format.trimmed]) {
    assert.deepEqual([null, undefined, NaN, Infinity].map((value) => write(value, 1000)), Array(4).fill(format.UNKNOWN));
  }
  assert.equal(format.fixed(null, 2), format.UNKNOWN);
  assert.equal(format.fixed(1.2345e27, 5), "1.23e+27");
});

test("an accuracy has the digits that its images justify", () => {
  /** @type {[number, number, string][]} */
  const cases = [[0.9756, 0, "98%"], [0.9756, 20, "98%"], [0.975, 200, "98%"], [0.9756, 999, "98%"], [0.97561, 1000, "97.6%"], [0.97561, 2000, "97.6%"], [0.97561, 10_000, "97.56%"], [0, 10_000, "0.00%"]];
  for (const [share, images, text] of cases) assert.equal(format.accuracy(share, images), text);
});

test("an accuracy is 100% only if every image was right", () => {
  for (const images of [3, 200, 999, 1000, 2000, 10_000, 60_000, 1_000_000]) {
    const text = format.accuracy((images - 1) / images, images);
    assert.ok(parseFloat(text) < 100, text);
    assert.equal(format.accuracy(1, images), "100%");
  }
  assert.deepEqual([[0.996, 400], [0.9996, 2000], [0.99996, 10_000]].map(([share, images]) => format.accuracy(share, images)), ["99%", "99.9%", "99.99%"]);
});

test("no rounding makes a probability certain", () => {
  const cases = [[0, "0%"], [1e-9, "<1%"], [0.00499, "<1%"], [0.005, "1%"], [0.5, "50%"], [0.9949, "99%"], [0.995, ">99%"], [0.999999, ">99%"], [1, "100%"]];
  for (const [share, text] of cases) assert.equal(format.probability(Number(share)), text);
});

test("counts, rates, times and axes", () => {
  assert.equal(format.count(1234567.4), "1,234,567");
  assert.deepEqual([0, 0.1234, 8.76, 42.4, 12_345.6].map(format.rate), [format.UNKNOWN, "0.12", "8.8", "42", "12,346"]);
  assert.equal(format.milliseconds(0.1234), "0.123 ms");
  assert.deepEqual([1.234, 47.1, 251].map(format.seconds), ["1.2 s", "47 s", "4.2 min"]);
  assert.deepEqual([0, 800, 1600, 2_000_000].map(format.thousands), ["0", "800", "1.6k", "2M"]);
});

test("how long ago something was", () => {
  const cases = [[-2, "just now"], [59, "just now"], [60, "1 minute ago"], [7199, "1 hour ago"], [7200, "2 hours ago"], [90_000, "yesterday"], [30 * 86_400, "30 days ago"]];
  for (const [seconds, said] of cases) assert.equal(format.ago(Number(seconds)), said);
});

test("a change has a sign, unless it rounds to nothing", () => {
  assert.deepEqual([3, -1234, 0].map((value) => format.signed(value)), ["+3", "−1,234", "0"]);
  assert.deepEqual([1.26, -0.04, -12].map((value) => format.signed(value, 1)), ["+1.3", "0", "−12.0"]);
});
