// Checks which rows of a long list are on screen, and where a key leads.

import assert from "node:assert/strict";
import { test } from "node:test";
import { placeAfter, rowsInSight } from "../../../static/js/parts/virtual_grid.js";

test("rows are on screen from the first of which a part is seen to the last", () => {
  assert.deepEqual(rowsInSight(0, 100, 50, 1000), [0, 2]);
  assert.deepEqual(rowsInSight(49, 100, 50, 1000), [0, 3]);
  assert.deepEqual(rowsInSight(50, 100, 50, 1000), [1, 3]);
  assert.deepEqual(rowsInSight(49_950, 100, 50, 1000), [999, 1000]);
});

test("a list that has become shorter than the box is scrolled has no row beyond its end", () => {
  assert.deepEqual(rowsInSight(500, 100, 50, 3), [3, 3]);
  assert.deepEqual(rowsInSight(0, 100, 50, 0), [0, 0]);
  assert.deepEqual(rowsInSight(-20, 100, 50, 9), [0, 2]); // pulled beyond the top on a phone
});

// Three rows: 0 1 2 3 / 4 5 6 7 / 8 9
const GRID = { count: 10, columns: 4, page: 2 };

test("arrow keys go to the neighbor, from row to row at the ends, and not out of the list", () => {
  /** @param {number} at */
  const around = (at) => ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].map((key) => placeAfter(key, at, GRID));
  assert.deepEqual(around(5), [4, 6, 1, 9]);
  assert.deepEqual(around(3), [2, 4, 3, 7]);
  assert.deepEqual(around(0), [0, 1, 0, 4]);
  assert.deepEqual(around(9), [8, 9, 5, 9]);
  assert.equal(placeAfter("ArrowDown", 7, GRID), 9); // below it is nothing, but there is a row
});

test("other keys lead by pages and to the ends, or mean nothing", () => {
  const keys = ["PageDown", "PageUp", "Home", "End", "a", "Enter"];
  assert.deepEqual(keys.map((key) => placeAfter(key, 1, GRID)), [9, 0, 0, 9, undefined, undefined]);
  assert.equal(placeAfter("PageUp", 9, GRID), 1);
});
