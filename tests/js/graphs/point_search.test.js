// Checks what the pointer, the arrow keys and the lasso find among points.

import assert from "node:assert/strict";
import { test } from "node:test";
import { middle, nearestPoint, pointAfter, pointsWithin } from "../../../static/js/graphs/point_search.js";

// A cross of five points, and one far to the upper right.
const POINTS = [0, 0, 10, 0, -10, 0, 0, 10, 0, -10, 40, -30];
const all = () => true;

test("the nearest point is found, of those that are looked at and near enough", () => {
  assert.equal(nearestPoint(POINTS, all, 9, 1), 1);
  assert.equal(nearestPoint(POINTS, (i) => i !== 1, 9, 1), 0);
  assert.equal(nearestPoint(POINTS, all, 30, -20, 10), -1);
  assert.equal(nearestPoint(POINTS, all, 30, -20, 15), 5);
  assert.equal(nearestPoint([], all, 0, 0), -1);
});

test("an arrow key leads to the nearest point in its direction, and stays where there is none", () => {
  assert.equal(pointAfter(POINTS, all, 0, "ArrowRight"), 1);
  assert.equal(pointAfter(POINTS, all, 0, "ArrowLeft"), 2);
  assert.equal(pointAfter(POINTS, all, 0, "ArrowDown"), 3);
  assert.equal(pointAfter(POINTS, all, 0, "ArrowUp"), 4);
  assert.equal(pointAfter(POINTS, all, 1, "ArrowRight"), 5);
  assert.equal(pointAfter(POINTS, (i) => i !== 5, 1, "ArrowRight"), 1);
  assert.equal(pointAfter(POINTS, all, 0, "Enter"), undefined);
});

test("from nowhere an arrow key leads to the middle", () => {
  assert.deepEqual(middle(POINTS, (i) => i < 5), [0, 0]);
  assert.deepEqual(middle(POINTS, () => false), [0, 0]);
  assert.equal(pointAfter(POINTS, (i) => i < 5, -1, "ArrowUp"), 0);
  assert.equal(pointAfter(POINTS, () => false, -1, "ArrowUp"), -1);
});

test("arrow keys reach every point from every other", () => {
  const points = Array.from({ length: 120 }, (_, i) => Math.sin(i * i + 1) * 100);
  const reached = new Set([0]);
  for (const from of reached) {
    for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) reached.add(pointAfter(points, all, from, key) ?? -1);
  }
  assert.equal(reached.size, 60);
});

test("a lasso holds what it surrounds, wherever it began and whichever way it ran", () => {
  const around = [-5, -5, 15, -5, 15, 5, -5, 5];
  assert.deepEqual(pointsWithin(POINTS, all, around), [0, 1]);
  assert.deepEqual(pointsWithin(POINTS, all, [-5, 5, 15, 5, 15, -5, -5, -5]), [0, 1]);
  assert.deepEqual(pointsWithin(POINTS, (i) => i !== 0, around), [1]);
  assert.deepEqual(pointsWithin(POINTS, all, [0, 0, 1, 1]), []);
  // A hollow shape leaves out what is in its notch.
  assert.deepEqual(pointsWithin(POINTS, all, [-15, -15, 15, -15, 15, 15, 5, 15, 5, -5, -5, -5, -5, 15, -15, 15]), [1, 2, 4]);
});
