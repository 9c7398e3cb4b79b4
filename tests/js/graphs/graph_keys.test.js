// Checks where the keyboard leads on a graph.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pointAfter } from "../../../static/js/graphs/graph_keys.js";

const XS = Array.from({ length: 30 }, (_, i) => 100 * (i + 1));

test("keys lead from point to point, and no further than the ends", () => {
  assert.equal(pointAfter("ArrowLeft", XS, 500), 400);
  assert.equal(pointAfter("ArrowRight", XS, 500), 600);
  assert.equal(pointAfter("PageUp", XS, 500), 200);
  assert.equal(pointAfter("PageDown", XS, 500), 800);
  assert.equal(pointAfter("Home", XS, 500), 100);
  assert.equal(pointAfter("End", XS, 500), 3000);
  assert.equal(pointAfter("ArrowLeft", XS, 100), 100);
  assert.equal(pointAfter("PageDown", XS, 2900), 3000);
});

test("without a cursor they begin at the newest point, and between points at the nearest", () => {
  assert.equal(pointAfter("ArrowLeft", XS, null), 2900);
  assert.equal(pointAfter("ArrowRight", XS, 520), 600);
});

test("other keys, and graphs without points, lead nowhere", () => {
  assert.equal(pointAfter("x", XS, 500), undefined);
  assert.equal(pointAfter("ArrowLeft", [], null), undefined);
});
