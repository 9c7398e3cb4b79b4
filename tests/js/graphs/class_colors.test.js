// Holds the colors of classes to what color-blind people can tell apart, in light and in dark.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COLORS, SHAPES } from "../../../static/js/graphs/point_marks.js";

const TOKENS = readFileSync(new URL("../../../static/css/tokens.css", import.meta.url), "utf8");
/** Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency" (2009). */
const EYES = {
  all: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  "no red": [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  "no green": [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  "no blue": [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};
/** In OKLab, where about 0.02 can just be seen; marks of one shape have only their color. */
const LEAST = { otherShape: 0.05, sameShape: 0.1 };
const LEAST_CONTRAST = 3; // WCAG 2.2, 1.4.11

/** @param {string} name @returns {number[][]}  in light and in dark, linear red, green and blue */
function colorsOf(name) {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(TOKENS);
  assert.ok(found, name);
  return found.slice(1).map((hex) => [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }));
}

/** @param {number[]} matrix @param {number[]} vector */
function times(matrix, vector) {
  return [0, 3, 6].map((row) => vector.reduce((sum, value, i) => sum + value * matrix[row + i], 0));
}

/** Ottosson, "A perceptual color space for image processing" (2020). @param {number[]} rgb */
function oklab(rgb) {
  const cones = times([0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619, 0.2817188376, 0.6299787005], rgb.map((each) => Math.min(Math.max(each, 0), 1)));
  return times([0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099, 0.0259040371, 0.7827717662, -0.808675766], cones.map(Math.cbrt));
}

/** @param {number[]} one @param {number[]} other */
function contrast(one, other) {
  const [low, high] = [one, other].map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05).sort((a, b) => a - b);
  return high / low;
}

const classes = Array.from({ length: COLORS }, (_, i) => colorsOf(`class-${i}`));

for (const [theme, name] of ["light", "dark"].entries()) {
  for (const [eyes, matrix] of Object.entries(EYES)) {
    test(`in ${name} colors no two classes look alike to eyes that see: ${eyes}`, () => {
      const seen = classes.map((each) => oklab(times(matrix, each[theme])));
      for (let i = 0; i < COLORS; i++) {
        for (let j = 0; j < i; j++) {
          const least = i % SHAPES.length === j % SHAPES.length ? LEAST.sameShape : LEAST.otherShape;
          const apart = Math.hypot(...seen[i].map((value, k) => value - seen[j][k]));
          assert.ok(apart >= least, `${i} and ${j}: ${apart.toFixed(3)}`);
        }
      }
    });
  }

  test(`in ${name} colors every class stands out from the ground`, () => {
    for (const [i, each] of classes.entries()) {
      const found = contrast(each[theme], colorsOf("surface")[theme]);
      assert.ok(found >= LEAST_CONTRAST, `${i}: ${found.toFixed(2)}`);
    }
  });
}
