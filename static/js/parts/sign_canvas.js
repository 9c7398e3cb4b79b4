// Draws pictures of an inquiry's answer: gray, or numbers by sign with zero in the middle.

import { bytesFrom } from "../server/base64.js";
import { showPicture } from "./pixel_canvas.js";
import { signColor } from "./sign_colors.js";

/**
 * @typedef {{width: number, height: number, pixels: string}} Picture  base64 of a byte a pixel
 * @typedef {Picture & {most: number}} SignedPicture  bytes from -127 to 127 stand for -most to most
 */

/** @param {Picture} picture */
export function bytesOf({ pixels }) {
  return bytesFrom(pixels);
}

/** @param {SignedPicture} picture  @returns {Float32Array}  from -1 to 1 */
export function sharesOf(picture) {
  return Float32Array.from(new Int8Array(bytesOf(picture).buffer), (value) => value / 127);
}

/** Red, green and blue planes of numbers from -1 to 1. @param {Float32Array} shares */
export function signPlanes(shares) {
  const planes = new Uint8Array(3 * shares.length);
  for (const [i, share] of shares.entries()) {
    signColor(share).forEach((part, plane) => {
      planes[plane * shares.length + i] = part;
    });
  }
  return planes;
}

/** The digit's strokes, darkened into the colors of numbers: where it is, and what they say of it. @param {Float32Array} shares @param {Uint8Array} digit */
export function overDigit(shares, digit) {
  const planes = signPlanes(shares);
  return planes.map((part, i) => Math.round(part * (1 - 0.3 * (digit[i % digit.length] / 255))));
}

/**
 * @param {HTMLCanvasElement} element
 * @param {Uint8Array} bytes  a plane, or three
 * @param {{width: number, height: number}} size
 * @param {number} side  CSS pixels of the longer side, about
 * @param {number[]} [field]  rows and columns to outline: top, bottom, left, right
 */
export function drawPicture(element, bytes, { width, height }, side, field) {
  const scale = showPicture(element, bytes, width, height, side / Math.max(width, height));
  const context = element.getContext("2d");
  if (!field || !context) return;
  const [top, bottom, left, right] = field;
  context.strokeStyle = getComputedStyle(element).getPropertyValue("--outline") || "#e8a33d";
  context.lineWidth = Math.max(2, 2 * (window.devicePixelRatio || 1));
  context.strokeRect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
}

/**
 * What a unit sees of an image: gray beyond its edges, as the network takes it.
 * @param {Uint8Array} bytes
 * @param {{width: number, height: number}} size
 * @param {number[]} field
 * @returns {{bytes: Uint8Array, width: number, height: number} | null}  null where that is the whole image
 */
export function patchOf(bytes, { width, height }, [top, bottom, left, right]) {
  const [across, down] = [right - left, bottom - top];
  if (across >= width && down >= height) return null;
  const patch = new Uint8Array(across * down).fill(128);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const [row, column] = [top + y, left + x];
      if (row >= 0 && row < height && column >= 0 && column < width) patch[y * across + x] = bytes[row * width + column];
    }
  }
  return { bytes: patch, width: across, height: down };
}
