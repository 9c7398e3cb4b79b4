// Checks that a QR code has the marks by which readers find it, and room around.

import assert from "node:assert/strict";
import { test } from "node:test";
import { qrPath } from "../../../static/js/parts/qr_code.js";

test("a link's code has its three corner marks within a margin of four cells", () => {
  const { path, side } = qrPath("http://192.168.1.5:8000/watch/AbCdEfGhIjKlMnOpQrStUvWx");
  const dark = new Set([...path.matchAll(/M(\d+) (\d+)h/g)].map(([, x, y]) => `${x} ${y}`));
  /** @param {number} x @param {number} y */
  const mark = (x, y) => {
    for (let i = 0; i < 7; i++) {
      for (let j = 0; j < 7; j++) {
        const ring = Math.max(Math.abs(i - 3), Math.abs(j - 3));
        assert.equal(dark.has(`${x + i} ${y + j}`), ring !== 2, `${x + i} ${y + j}`);
      }
    }
  };
  mark(4, 4);
  mark(side - 11, 4);
  mark(4, side - 11);
  const places = [...dark].flatMap((cell) => cell.split(" ").map(Number));
  assert.deepEqual([Math.min(...places), Math.max(...places)], [4, side - 5]);
});
