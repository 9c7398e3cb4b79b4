// Checks that colors by sign have white at zero, wherever the range of the map lies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { palette } from "../../../static/js/maps/map_colors.js";
import { signColor, signWord } from "../../../static/js/parts/sign_colors.js";

const WHITE = signWord(0);

test("zero is white, and the larger end has the full color", () => {
  const shades = palette("sign", -51, 204); // a byte for each whole number
  assert.deepEqual([shades[51], shades[255], shades[0]], [WHITE, signWord(1), signWord(-0.25)]);
  const [red, , blue] = signColor(-1);
  assert.ok(blue > red);
});

test("what is all positive has no blue, and nothing but zeros is white", () => {
  assert.equal(palette("sign", 0, 2)[0], WHITE);
  assert.ok(palette("sign", 0, 0).every((word) => word === WHITE));
});

test("gray is from the least number to the greatest", () => {
  const shades = palette("gray", -1, 3);
  assert.deepEqual([shades[0], shades[255]], [0xff000000, 0xffffffff]);
});
