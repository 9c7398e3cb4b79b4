// Checks where maps are put: on whole pixels, inside the width, in even lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import { arrange, fit, fitting, pixelAt, tilesOf, unitAfter } from "../../../static/js/maps/tile_layout.js";

/** @param {number} count @param {number} side @param {number} [group] */
const tiles = (count, side, group = 1) => ({ count, group, sx: side, sy: side, color: false });

test("maps are at least twice their size, on whole pixels, at every density", () => {
  for (const density of [1, 1.25, 1.5, 2, 3]) {
    const { scale, xs, ys, width } = fit(tiles(8, 24), 440, density);
    assert.ok(scale >= Math.round(2 * density));
    assert.ok([scale, ...xs, ...ys].every(Number.isInteger));
    assert.ok(width <= 440 * density);
  }
});

test("lines are about equally long", () => {
  const { xs, ys, lines } = fit(tiles(8, 24), 330, 1);
  assert.equal(lines, 2);
  assert.deepEqual(xs.slice(0, 4), xs.slice(4));
  assert.equal(new Set(ys).size, 2);
});

test("neurons are drawn at ten times and more, classes in one line", () => {
  assert.ok(fit(tiles(10, 1), 300, 1).scale >= 10);
  const classes = fit(tiles(10, 1), 150, 1, { oneLine: true });
  assert.deepEqual([classes.lines, classes.scale >= 10], [1, true]);
});

test("nothing is wider than its place, even where the place is narrow", () => {
  for (const width of [70, 100, 300]) assert.ok(fit(tiles(4, 64), width, 1).width <= width);
});

test("the slices of a filter stand between brackets, and a long filter breaks inside", () => {
  const wide = arrange(tiles(16, 5, 8), 2, 1000, 1);
  assert.equal(wide.brackets.length, 4);
  assert.equal(wide.lines, 1);
  const narrow = arrange(tiles(64, 5, 64), 2, 200, 1);
  assert.ok(narrow.lines > 1 && narrow.width <= 200);
});

test("three channels of pixels are one picture in color", () => {
  assert.deepEqual(tilesOf([3, 32, 30], true), { count: 1, group: 1, sx: 30, sy: 32, color: true });
  assert.deepEqual(tilesOf([8, 3, 5, 5], true), { count: 8, group: 1, sx: 5, sy: 5, color: true });
  assert.deepEqual(tilesOf([8, 3, 5, 5], false), { count: 24, group: 3, sx: 5, sy: 5, color: false });
  assert.deepEqual(tilesOf([16, 12, 12], false), { count: 16, group: 1, sx: 12, sy: 12, color: false });
});

test("weights of single pixels are one matrix, a row for each neuron", () => {
  assert.deepEqual(tilesOf([84, 120, 1, 1], false), { count: 1, group: 1, sx: 120, sy: 84, color: false });
});

test("a tall bank of filters is cut between filters, and never to nothing", () => {
  const bank = tiles(960, 5, 8);
  const layout = arrange(bank, 2, 300, 1);
  const shown = fitting(bank, layout, 100);
  assert.ok(shown > 0 && shown < 960 && shown % 8 === 0);
  assert.equal(fitting(bank, layout, Infinity), 960);
  assert.equal(fitting(bank, layout, 1), 8);
});

test("the pixel under a place is found, and none between pictures", () => {
  const row = tiles(3, 4);
  const layout = arrange(row, 5, 1000, 1);
  assert.deepEqual(pixelAt(row, layout, layout.xs[1] + 19, 6), { tile: 1, x: 3, y: 1 });
  assert.equal(pixelAt(row, layout, layout.xs[1] - 1, 6), null);
  assert.equal(pixelAt(row, layout, layout.xs[1], 20), null);
});

test("keys lead over pixels, from picture to picture, and from line to line", () => {
  const tiles = tilesOf([5, 2, 3], false); // five pictures, three pixels wide and two high
  const layout = arrange(tiles, 10, 100, 1); // three in a line, then two
  assert.equal(layout.lines, 2);
  /** @param {string} keys @param {{tile: number, x: number, y: number}} from */
  const after = (keys, from) => keys.split(" ").reduce((unit, key) => unitAfter(tiles, layout, unit, key), from);
  const first = { tile: 0, x: 0, y: 0 };
  assert.deepEqual(after("ArrowRight ArrowRight", first), { tile: 0, x: 2, y: 0 });
  assert.deepEqual(after("ArrowRight ArrowRight ArrowRight", first), { tile: 1, x: 0, y: 0 });
  assert.deepEqual(after("ArrowLeft", { tile: 1, x: 0, y: 1 }), { tile: 0, x: 2, y: 1 });
  assert.deepEqual(after("ArrowDown", first), { tile: 0, x: 0, y: 1 });
  assert.deepEqual(after("ArrowDown ArrowDown", { tile: 1, x: 2, y: 0 }), { tile: 4, x: 2, y: 0 });
  assert.deepEqual(after("ArrowUp", { tile: 4, x: 2, y: 0 }), { tile: 1, x: 2, y: 1 });
  assert.deepEqual(after("ArrowDown", { tile: 2, x: 1, y: 1 }), { tile: 4, x: 1, y: 0 }); // the nearest below
  const last = { tile: 4, x: 2, y: 1 };
  assert.deepEqual(after("End", first), last);
  assert.deepEqual(after("Home", last), first);
  for (const key of ["ArrowRight", "ArrowDown", "x"]) assert.deepEqual(after(key, last), last);
  for (const key of ["ArrowLeft", "ArrowUp"]) assert.deepEqual(after(key, first), first);
});
