// Draws gray pictures crisply: many small maps in one canvas, each pixel a whole number of the
// screen's own pixels whatever its density.

/**
 * What is to be laid out; sizes in pixels of the maps.
 * @typedef {object} Tiles
 * @property {number} count  pictures in all
 * @property {number} group  pictures that belong together (slices of one filter); 1 for no brackets
 * @property {number} sx
 * @property {number} sy
 * @property {boolean} color  each picture is three planes: red, green, blue
 */

/**
 * Where each picture goes; lengths in pixels of the screen.
 * @typedef {object} Layout
 * @property {number} scale  screen pixels for each pixel of a map
 * @property {number[]} xs
 * @property {number[]} ys
 * @property {{x: number, y: number, opens: boolean}[]} brackets
 * @property {number} width
 * @property {number} height
 * @property {number} lines
 */

/** Lengths in CSS pixels, at a usual size of letters, that decide how large maps are drawn. */
const SIZES = { gap: 3, slit: 1, bracket: 3, least: 2, dot: 10, most: 8, side: 72, dotSide: 26 };
/** Maps are drawn larger as long as a row of them is not higher than this. */
const HEIGHT_BUDGET = 112;
/** The size of letters that the lengths above were chosen for. */
const USUAL_LETTERS = 15;
/** More pictures than this are not drawn: nobody could tell them apart. */
export const MOST_TILES = 4096;

const GRAY = Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 | (i << 16) | (i << 8) | i);
const BRACKET_COLOR = 0xb0808080;

/**
 * Flows the pictures into lines no wider than `available`.
 * @param {Tiles} tiles
 * @param {number} scale
 * @param {number} available
 * @param {number} density  screen pixels in a CSS pixel
 * @returns {Layout}
 */
export function arrange(tiles, scale, available, density) {
  const { count, group, sx, sy } = tiles;
  const grouped = group > 1;
  const gap = Math.round((sx === 1 ? 2 : SIZES.gap) * density);
  const slit = grouped ? Math.max(1, Math.round(SIZES.slit * density)) : gap;
  const bracket = grouped ? Math.round(SIZES.bracket * density) + slit : 0;
  const width = sx * scale;
  const height = sy * scale;
  const groupWidth = group * (width + slit) - slit + 2 * bracket;
  /** @type {Layout} */
  const layout = { scale, xs: [], ys: [], brackets: [], width: 0, height, lines: 1 };
  let x = 0;
  let y = 0;
  const newLine = () => {
    x = 0;
    y += height + gap;
    layout.lines += 1;
  };
  for (let i = 0; i < count; i++) {
    const first = grouped && i % group === 0;
    const last = grouped && i % group === group - 1;
    if (first) {
      if (x > 0 && x + groupWidth > available) newLine();
      layout.brackets.push({ x, y, opens: true });
      x += bracket;
    }
    if (x > 0 && !first && x + width + (last ? bracket : 0) > available) newLine();
    layout.xs.push(x);
    layout.ys.push(y);
    x += width;
    layout.width = Math.max(layout.width, x);
    if (last) {
      layout.brackets.push({ x: x + slit, y, opens: false });
      x += bracket;
      layout.width = Math.max(layout.width, x);
      x += gap;
    } else {
      x += slit;
    }
  }
  layout.height = y + height;
  return layout;
}

/**
 * The largest whole scale at which the pictures fit a line, or few lines; at least 2 to 1
 * (10 to 1 for single pixels, as rows of neurons are). Lines are about equally long.
 * @param {Tiles} tiles
 * @param {number} available  CSS pixels
 * @param {number} density  screen pixels in a CSS pixel
 * @param {{oneLine?: boolean, zoom?: number}} [options]  zoom: larger where letters are larger
 * @returns {Layout}
 */
export function fit(tiles, available, density, { oneLine = false, zoom = 1 } = {}) {
  const layout = largest(tiles, available, density, oneLine, zoom);
  if (layout.lines === 1 || tiles.group > 1) return layout;
  const columns = Math.ceil(tiles.count / layout.lines);
  const right = layout.xs[columns - 1] + tiles.sx * layout.scale;
  return arrange(tiles, layout.scale, right, density);
}

/**
 * @param {Tiles} tiles
 * @param {number} available
 * @param {number} density
 * @param {boolean} oneLine
 * @param {number} zoom
 * @returns {Layout}
 */
function largest(tiles, available, density, oneLine, zoom) {
  const room = Math.floor(available * density);
  const dots = tiles.sx === 1 && tiles.sy === 1;
  const least = Math.max(1, Math.round((dots ? SIZES.dot : SIZES.least) * density));
  const side = (dots ? SIZES.dotSide : SIZES.side) * density * zoom;
  const most = dots ? side : Math.min(SIZES.most * density * zoom, side / Math.max(tiles.sx, tiles.sy));
  const wide = Math.floor(room / tiles.sx);
  for (let scale = Math.min(Math.floor(most), wide); scale > least; scale--) {
    const layout = arrange(tiles, scale, room, density);
    if (layout.lines === 1) return layout;
    if (!oneLine && layout.height <= HEIGHT_BUDGET * density * zoom) return layout;
  }
  // Where even the least scale is too wide for the place, a smaller one beats a cut picture.
  return arrange(tiles, Math.max(1, Math.min(least, wide)), room, density);
}

/**
 * How many pictures lie within a height, in whole groups; one group at least.
 * @param {Tiles} tiles
 * @param {Layout} layout
 * @param {number} tallest  screen pixels
 */
export function fitting(tiles, layout, tallest) {
  const inside = layout.ys.filter((y) => y + tiles.sy * layout.scale <= tallest).length;
  const whole = Math.floor(inside / tiles.group) * tiles.group;
  return Math.max(whole, Math.min(tiles.group, tiles.count));
}

/** A canvas with a row of maps, drawn anew as they come. */
export class MapPainter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser cannot draw on a canvas");
    this.context = context;
    /** @type {Tiles} */
    this.tiles = { count: 0, group: 1, sx: 1, sy: 1, color: false };
    /** @type {Layout} */
    this.layout = { scale: 1, xs: [], ys: [], brackets: [], width: 0, height: 0, lines: 0 };
    this.density = 1;
    /** @type {ImageData | null} */
    this.image = null;
    this.words = new Uint32Array(0);
  }

  /**
   * Lays the canvas out anew; what was drawn is gone.
   * @param {Tiles} tiles
   * @param {number} available  CSS pixels
   * @param {{oneLine?: boolean, tallest?: number}} [options]  whole groups beyond the tallest
   *   height (CSS pixels) are left out
   */
  resize(tiles, available, { oneLine = false, tallest = Infinity } = {}) {
    this.density = window.devicePixelRatio || 1;
    const zoom = parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_LETTERS;
    const whole = { ...tiles, count: Math.min(tiles.count, MOST_TILES) };
    const layout = fit(whole, available, this.density, { oneLine, zoom });
    this.tiles = { ...whole, count: fitting(whole, layout, tallest * zoom * this.density) };
    this.layout = this.tiles.count === whole.count ? layout : arrange(this.tiles, layout.scale, layout.width, this.density);
    const { width, height } = this.layout;
    this.canvas.width = Math.max(width, 1);
    this.canvas.height = Math.max(height, 1);
    this.canvas.style.width = `${width / this.density}px`;
    this.canvas.style.height = `${height / this.density}px`;
    this.image = null;
  }

  /** @param {Uint8Array} pixels  picture after picture, as many as were laid out */
  draw(pixels) {
    const { canvas, layout, tiles } = this;
    if (!this.image) {
      this.image = this.context.createImageData(canvas.width, canvas.height);
      this.words = new Uint32Array(this.image.data.buffer);
      drawBrackets(this.words, canvas.width, layout, tiles.sy * layout.scale, this.density);
    }
    const size = tiles.sx * tiles.sy * (tiles.color ? 3 : 1);
    for (let i = 0; i < layout.xs.length; i++) {
      const at = layout.ys[i] * canvas.width + layout.xs[i];
      drawTile(this.words, canvas.width, at, pixels, i * size, tiles, layout.scale);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  clear() {
    this.image = null;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * Which picture and pixel lies under a place of the canvas, or null.
   * @param {number} left  CSS pixels
   * @param {number} top
   * @returns {{tile: number, x: number, y: number} | null}
   */
  at(left, top) {
    const { layout, tiles, density } = this;
    const x = left * density;
    const y = top * density;
    for (let i = 0; i < layout.xs.length; i++) {
      const column = Math.floor((x - layout.xs[i]) / layout.scale);
      const row = Math.floor((y - layout.ys[i]) / layout.scale);
      if (column >= 0 && column < tiles.sx && row >= 0 && row < tiles.sy) {
        return { tile: i, x: column, y: row };
      }
    }
    return null;
  }
}

/**
 * Draws one picture at a fixed size.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} pixels
 * @param {number} sx
 * @param {number} sy
 * @param {number} scale  CSS pixels for each pixel
 */
export function drawPicture(canvas, pixels, sx, sy, scale) {
  const density = window.devicePixelRatio || 1;
  const whole = Math.max(1, Math.round(scale * density));
  canvas.width = sx * whole;
  canvas.height = sy * whole;
  canvas.style.width = `${canvas.width / density}px`;
  canvas.style.height = `${canvas.height / density}px`;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(canvas.width, canvas.height);
  const words = new Uint32Array(image.data.buffer);
  const tiles = { count: 1, group: 1, sx, sy, color: pixels.length === 3 * sx * sy };
  drawTile(words, canvas.width, 0, pixels, 0, tiles, whole);
  context.putImageData(image, 0, 0);
}

/**
 * @param {Uint32Array} words  the canvas, a word for each pixel
 * @param {number} stride  its width
 * @param {number} at  where the picture's top left corner goes
 * @param {Uint8Array} pixels
 * @param {number} from  where the picture begins in `pixels`
 * @param {Tiles} tiles
 * @param {number} scale
 */
function drawTile(words, stride, at, pixels, from, tiles, scale) {
  const { sx, sy, color } = tiles;
  const plane = sx * sy;
  for (let y = 0; y < sy; y++) {
    const line = at + y * scale * stride;
    for (let x = 0; x < sx; x++) {
      const p = from + y * sx + x;
      const word = color
        ? 0xff000000 | (pixels[p + 2 * plane] << 16) | (pixels[p + plane] << 8) | pixels[p]
        : GRAY[pixels[p]];
      words.fill(word, line + x * scale, line + (x + 1) * scale);
    }
    for (let copy = 1; copy < scale; copy++) {
      words.copyWithin(line + copy * stride, line, line + sx * scale);
    }
  }
}

/**
 * @param {Uint32Array} words
 * @param {number} stride
 * @param {Layout} layout
 * @param {number} height
 * @param {number} density
 */
function drawBrackets(words, stride, layout, height, density) {
  const thick = Math.max(1, Math.round(density));
  const reach = Math.round(SIZES.bracket * density);
  for (const { x, y, opens } of layout.brackets) {
    const upright = opens ? x : x + reach - thick;
    for (let row = 0; row < height; row++) {
      const line = (y + row) * stride;
      const arm = row < thick || row >= height - thick;
      words.fill(BRACKET_COLOR, line + (arm ? x : upright), line + (arm ? x + reach : upright + thick));
    }
  }
}
