// Checks the graphs' arithmetic: smoothing without bias, thinning without losing peaks, a place for every dot.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ceilingOf, decimate, extentOf, lowerBound, nearest, smooth, withDots } from "../../../static/js/graphs/series.js";

test("smoothing leaves a constant as it is from the first value on", () => {
  for (const value of smooth([3, 3, 3], 0.9)) assert.ok(Math.abs((value ?? 0) - 3) < 1e-12);
});

test("smoothing is the debiased exponential average; gaps stay gaps", () => {
  const [first, gap, second] = smooth([1, null, 2], 0.5);
  assert.deepEqual([first, gap], [1, null]);
  assert.ok(Math.abs((second ?? 0) - (0.25 * 1 + 0.5 * 2) / 0.75) < 1e-12);
  assert.deepEqual(smooth([1, 5, 2], 0), [1, 5, 2]);
});

test("places in a sorted column are found", () => {
  const xs = [200, 400, 600];
  assert.deepEqual([100, 200, 201, 600, 700].map((x) => lowerBound(xs, x)), [0, 0, 1, 2, 3]);
  assert.deepEqual([0, 290, 310, 9999].map((x) => nearest(xs, x)), [0, 0, 1, 2]);
  assert.equal(nearest([], 3), -1);
});

test("few rows are not thinned, but cut to what is shown and one beyond", () => {
  const xs = Array.from({ length: 10 }, (_, i) => i);
  const thin = decimate(xs, [xs], 3, 5, 100);
  assert.deepEqual(thin.xs, [2, 3, 4, 5, 6]);
  assert.deepEqual(thin.columns, [thin.xs]);
});

test("many rows are thinned to the limit; peaks, order and ends stay", () => {
  const xs = Array.from({ length: 20_000 }, (_, i) => i * 200);
  const column = xs.map((x) => Math.sin(x / 1e5));
  column[12_345] = 9;
  column[777] = -9;
  const { xs: thinXs, columns: [thin] } = decimate(xs, [column], 0, xs[19_999], 1000);
  assert.ok(thinXs.length <= 1002 && thinXs.length === thin.length);
  assert.equal(Math.max(...thin.map(Number)), 9);
  assert.equal(Math.min(...thin.map(Number)), -9);
  assert.deepEqual(thinXs, [...thinXs].sort((a, b) => a - b));
  assert.deepEqual([thinXs[0], thinXs.at(-1)], [0, xs[19_999]]);
});

test("a bucket of nothing but gaps is a gap", () => {
  const xs = Array.from({ length: 1000 }, (_, i) => i);
  const { columns: [thin] } = decimate(xs, [xs.map(() => null)], 0, 999, 100);
  assert.ok(thin.every((value) => value === null));
});

test("a graph always has some width, from zero unless the points begin late", () => {
  assert.deepEqual(extentOf([], false), { min: 0, max: 1 });
  assert.deepEqual(extentOf([200], false), { min: 0, max: 200 });
  assert.deepEqual(extentOf([200, 400, 1300], false), { min: 0, max: 1400 });
  assert.equal(extentOf([85_000, 85_200, 85_400], false).min, 85_000);
  // A mark beyond the last point is in the picture.
  assert.deepEqual(extentOf([200, 2000], false, 2060), { min: 0, max: 2200 });
  for (const xs of [[200], [20_000], [123_456]]) {
    const { min, max } = extentOf(xs, true);
    assert.ok(min === xs[0] && max > min);
  }
});

test("a divergence's huge values run out of the picture, earlier ones stay in it", () => {
  const usual = Array.from({ length: 100 }, (_, i) => 1 / (i + 1));
  const top = ceilingOf([[2.3, ...usual, 1e27], [0.1, ...usual.map(() => null), 1e30]]);
  assert.ok(top >= 2.3 && top < 10, String(top));
  assert.equal(ceilingOf([[2, 1e30]]), 6);
  assert.equal(ceilingOf([[], []]), 0);
});

test("smoothing can forget the past", () => {
  const smoothed = smooth([1, 1e30, 2, 2], 0.9, new Set([2]));
  assert.deepEqual(smoothed.slice(2), [2, 2]);
});

test("every dot has its own place, and lines run on over it", () => {
  const rows = { xs: [200, 400], columns: [[1, 2], [null, 4]] };
  const dots = [{ x: 0, y: 0.1 }, { x: 20, y: 0.2 }, { x: 400, y: 0.3 }, { x: 410, y: null }];
  assert.deepEqual(withDots(rows, dots), {
    xs: [0, 20, 200, 400, 410],
    columns: [[null, null, 1, 2, null], [null, null, null, 4, null], [0.1, 0.2, null, 0.3, null]],
  });
  assert.deepEqual(withDots(rows, []), { xs: rows.xs, columns: [...rows.columns, [null, null]] });
  assert.deepEqual(withDots({ xs: [], columns: [[]] }, [{ x: 0, y: 1 }]), { xs: [0], columns: [[null], [1]] });
});
