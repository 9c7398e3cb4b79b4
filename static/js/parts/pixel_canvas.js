// Turns gray levels and colors into pixels on a canvas, crisply: each pixel of a picture covers a
// whole number of the screen's own.

/** Black to white. A pixel each: alpha, blue, green and red, from the highest byte down. */
export const GRAY = Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 | (i << 16) | (i << 8) | i);

/**
 * Sizes a canvas in screen pixels, which clears it.
 * @param {HTMLCanvasElement} element
 * @param {number} width
 * @param {number} height
 * @param {number} density  screen pixels in a CSS pixel
 */
export function sizeCanvas(element, width, height, density) {
  element.width = Math.max(width, 1);
  element.height = Math.max(height, 1);
  element.style.width = `${width / density}px`;
  element.style.height = `${height / density}px`;
}

/** The pixels of a canvas at its present size; lengths and places are in screen pixels. */
export class PixelCanvas {
  /** @param {HTMLCanvasElement} element */
  constructor(element) {
    const context = element.getContext("2d");
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    this.context = context;
    this.width = element.width;
    this.image = context.createImageData(element.width, element.height);
    /** A pixel each: alpha, blue, green and red, from the highest byte down. */
    this.words = new Uint32Array(this.image.data.buffer);
  }

  /**
   * @param {number} left
   * @param {number} top
   * @param {Uint8Array} bytes  row after row; of a picture in color first all red, then green, then blue
   * @param {{sx: number, sy: number, color: boolean}} form
   * @param {number} scale  screen pixels for each pixel of the picture
   * @param {(y: number) => Uint32Array} [colors]  of a row's bytes, where the picture is not in color
   */
  drawPicture(left, top, bytes, { sx, sy, color }, scale, colors = () => GRAY) {
    const { words, width } = this;
    const plane = sx * sy;
    for (let y = 0; y < sy; y++) {
      const line = (top + y * scale) * width + left;
      const shades = colors(y);
      for (let x = 0; x < sx; x++) {
        const p = y * sx + x;
        const word = color
          ? 0xff000000 | (bytes[p + 2 * plane] << 16) | (bytes[p + plane] << 8) | bytes[p]
          : shades[bytes[p]];
        words.fill(word, line + x * scale, line + (x + 1) * scale);
      }
      for (let copy = 1; copy < scale; copy++) words.copyWithin(line + copy * width, line, line + sx * scale);
    }
  }

  /**
   * @param {number} left
   * @param {number} top
   * @param {number} width
   * @param {number} height
   * @param {number} word  its color
   */
  fillRectangle(left, top, width, height, word) {
    for (let y = top; y < top + height; y++) {
      const line = y * this.width + left;
      this.words.fill(word, line, line + width);
    }
  }

  /** Puts on the screen what was drawn. */
  show() {
    this.context.putImageData(this.image, 0, 0);
  }
}

/**
 * Makes a canvas show one picture.
 * @param {HTMLCanvasElement} element
 * @param {Uint8Array} bytes
 * @param {number} sx
 * @param {number} sy
 * @param {number} scale  CSS pixels for each pixel of the picture, about
 * @returns {number}  the screen's pixels for each
 */
export function showPicture(element, bytes, sx, sy, scale) {
  const density = window.devicePixelRatio || 1;
  const whole = Math.max(1, Math.round(scale * density));
  sizeCanvas(element, sx * whole, sy * whole, density);
  const canvas = new PixelCanvas(element);
  canvas.drawPicture(0, 0, bytes, { sx, sy, color: bytes.length === 3 * sx * sy }, whole);
  canvas.show();
  return whole;
}
