// Colors by sign, and what a unit sees of an image.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bytesOf, overDigit, patchOf, sharesOf, signPlanes } from "../../../static/js/parts/sign_canvas.js";
import { signColor } from "../../../static/js/parts/sign_colors.js";

test("zero is white, and both signs have a color of their own", () => {
  assert.deepEqual(signColor(0), [255, 255, 255]);
  const [red, , blue] = signColor(1);
  assert.ok(red > blue);
  const [little, , much] = signColor(-1);
  assert.ok(much > little);
  assert.deepEqual(signColor(-3), signColor(-1));
});

test("numbers are read with their sign", () => {
  const picture = { width: 3, height: 1, pixels: btoa(String.fromCharCode(127, 0, 129)), most: 5 };
  assert.deepEqual([...sharesOf(picture)], [1, 0, -1]);
  assert.deepEqual([...bytesOf(picture)], [127, 0, 129]);
});

test("colors come plane by plane, darker where the digit is", () => {
  const shares = Float32Array.from([0, 1]);
  const planes = signPlanes(shares);
  assert.deepEqual([...planes], [255, signColor(1)[0], 255, signColor(1)[1], 255, signColor(1)[2]]);
  const over = overDigit(shares, Uint8Array.from([255, 0]));
  assert.ok(over[0] < 255 && over[0] === over[2] && over[2] === over[4]);
  assert.equal(over[1], planes[1]);
});

test("a patch is gray beyond the image's edges", () => {
  const image = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const size = { width: 3, height: 3 };
  assert.deepEqual(patchOf(image, size, [1, 3, 0, 2]), { bytes: Uint8Array.from([4, 5, 7, 8]), width: 2, height: 2 });
  assert.deepEqual(patchOf(image, size, [-1, 1, 2, 4])?.bytes, Uint8Array.from([128, 128, 3, 128]));
  assert.equal(patchOf(image, size, [-1, 4, 0, 3]), null);
});
