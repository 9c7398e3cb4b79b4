// Decides how large a layer's maps are drawn and where each goes: whole pixels, few and even lines.

/**
 * What to lay out; sizes in pixels of the maps.
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
export const LENGTHS = { gap: 3, slit: 1, bracket: 3, least: 2, dot: 10, most: 8, side: 72, dotSide: 26 };
/** Maps are drawn larger as long as a row of them is not higher than this. */
const HEIGHT_BUDGET = 112;
/** More pictures than this are not drawn: nobody could tell them apart. */
export const MOST_TILES = 4096;
const RGB = 3;

/**
 * The pictures of a map: one for each channel, or a bracketed row for each deep filter; three
 * channels of an input are one picture in color; weights of single pixels are one matrix, a row for
 * each neuron.
 * @param {number[]} shape  [depth, sy, sx], or [filters, depth, sy, sx]
 * @param {boolean} ofInput  the map shows pixels, or weights that look at pixels
 * @returns {Tiles}
 */
export function tilesOf(shape, ofInput) {
  const [sy, sx] = shape.slice(-2);
  const depth = shape[shape.length - 3];
  const filters = shape.length === 4 ? shape[0] : 1;
  if (shape.length === 4 && sx * sy === 1) return { count: 1, group: 1, sx: depth, sy: filters, color: false };
  const color = ofInput && depth === RGB;
  const slices = color ? 1 : depth;
  return { count: filters * slices, group: shape.length === 4 ? slices : 1, sx, sy, color };
}

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
  const gap = Math.round((sx === 1 ? 2 : LENGTHS.gap) * density);
  const slit = grouped ? Math.max(1, Math.round(LENGTHS.slit * density)) : gap;
  const bracket = grouped ? Math.round(LENGTHS.bracket * density) + slit : 0;
  const width = sx * scale;
  const height = sy * scale;
  const groupWidth = group * (width + slit) - slit + 2 * bracket;
  /** @type {Layout} */
  const layout = { scale, xs: [], ys: [], brackets: [], width: 0, height, lines: 1 };
  let x = 0;
  let y = 0;
  for (let i = 0; i < count; i++) {
    const first = grouped && i % group === 0;
    const last = grouped && i % group === group - 1;
    const needed = first ? groupWidth : width + (last ? bracket : 0);
    if (x > 0 && x + needed > available) {
      x = 0;
      y += height + gap;
      layout.lines += 1;
    }
    if (first) layout.brackets.push({ x, y, opens: true });
    x += first ? bracket : 0;
    layout.xs.push(x);
    layout.ys.push(y);
    x += width;
    if (last) layout.brackets.push({ x: x + slit, y, opens: false });
    x += last ? bracket : 0;
    layout.width = Math.max(layout.width, x);
    x += last ? gap : slit;
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
  const least = Math.max(1, Math.round((dots ? LENGTHS.dot : LENGTHS.least) * density));
  const side = (dots ? LENGTHS.dotSide : LENGTHS.side) * density * zoom;
  const most = dots ? side : Math.min(LENGTHS.most * density * zoom, side / Math.max(tiles.sx, tiles.sy));
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

/** A picture, and a pixel of it. @typedef {{tile: number, x: number, y: number}} Unit */

/**
 * The unit that an arrow key, Home or End leads to: pixel by pixel, and from a picture's edge to the
 * picture beside it; at the last one it stays.
 * @param {Tiles} tiles
 * @param {Layout} layout
 * @param {Unit} unit
 * @param {string} key
 * @returns {Unit}
 */
export function unitAfter({ count, sx, sy }, layout, unit, key) {
  const { tile, x, y } = unit;
  switch (key) {
    case "ArrowLeft":
      if (x > 0) return { tile, x: x - 1, y };
      return tile > 0 ? { tile: tile - 1, x: sx - 1, y } : unit;
    case "ArrowRight":
      if (x < sx - 1) return { tile, x: x + 1, y };
      return tile < count - 1 ? { tile: tile + 1, x: 0, y } : unit;
    case "ArrowUp": return y > 0 ? { tile, x, y: y - 1 } : onLine(layout, unit, -1, sy - 1);
    case "ArrowDown": return y < sy - 1 ? { tile, x, y: y + 1 } : onLine(layout, unit, 1, 0);
    case "Home": return { tile: 0, x: 0, y: 0 };
    case "End": return { tile: count - 1, x: sx - 1, y: sy - 1 };
    default: return unit;
  }
}

/**
 * The same place in the nearest picture of another line; the unit itself where there is no such line.
 * @param {Layout} layout
 * @param {Unit} unit
 * @param {-1 | 1} step  to the line above or below
 * @param {number} row  of the picture's pixels
 * @returns {Unit}
 */
function onLine({ xs, ys }, unit, step, row) {
  const lines = [...new Set(ys)];
  const line = lines[lines.indexOf(ys[unit.tile]) + step];
  if (line === undefined) return unit;
  const distance = (/** @type {number} */ i) => Math.abs(xs[i] - xs[unit.tile]);
  const [first, ...others] = ys.flatMap((y, i) => (y === line ? [i] : []));
  const tile = others.reduce((best, i) => (distance(i) < distance(best) ? i : best), first);
  return { tile, x: unit.x, y: row };
}

/**
 * Which picture and pixel lies at a place, or null.
 * @param {Tiles} tiles
 * @param {Layout} layout
 * @param {number} left  screen pixels
 * @param {number} top
 * @returns {Unit | null}
 */
export function pixelAt(tiles, layout, left, top) {
  for (let i = 0; i < layout.xs.length; i++) {
    const x = Math.floor((left - layout.xs[i]) / layout.scale);
    const y = Math.floor((top - layout.ys[i]) / layout.scale);
    if (x >= 0 && x < tiles.sx && y >= 0 && y < tiles.sy) return { tile: i, x, y };
  }
  return null;
}
