// Turns the strokes of a drawing into curves, and into the gray levels that are sent to the server.

/** @typedef {{x: number, y: number}} Point */

/** @typedef {Point[]} Stroke  at least one point, in units of the pad */

/** Width and height of a pad, whatever its size on the screen. */
export const PAD = 280;

// The server scales a digit's longest side to 20 pixels, as MNIST's were. Drawn three times as large,
// its strokes come out as thick as the median of MNIST's, 2.45 pixels, however large the hand wrote.
const TIMES = 3;
const LONGEST = 20 * TIMES;
const PEN = 2.45 * TIMES;
const SIDE = 28 * TIMES;
/** A dot is not enlarged to a digit. */
const SHORTEST = PAD / 10;

/**
 * A smooth curve through a stroke's points, as an SVG path: from the middle of each two to the next.
 * @param {Stroke} stroke
 * @returns {string}
 */
export function curveOf(stroke) {
  const [first] = stroke;
  const last = stroke[stroke.length - 1];
  const bends = stroke.slice(1, -1).map((point, i) => {
    const next = stroke[i + 2];
    return `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  // A dot is a line that leads hardly anywhere: one of no length is not drawn on a canvas.
  const end = stroke.length > 1 ? `L${last.x} ${last.y}` : "h0.01";
  return `M${first.x} ${first.y}${bends.join("")}${end}`;
}

/**
 * Where the strokes go in a picture of SIDE x SIDE: in the middle, and as large as they fit.
 * @param {Stroke[]} strokes  at least one
 * @returns {{scale: number, left: number, top: number}}
 */
export function placeOf(strokes) {
  const points = strokes.flat();
  const [x, y] = [points.map((point) => point.x), points.map((point) => point.y)];
  const [left, right, top, bottom] = [Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)];
  const scale = (LONGEST - PEN) / Math.max(right - left, bottom - top, SHORTEST);
  return { scale, left: SIDE / 2 - (scale * (left + right)) / 2, top: SIDE / 2 - (scale * (top + bottom)) / 2 };
}

/**
 * The drawing as a PGM picture (Netpbm's graymap), bright on black.
 * @param {Stroke[]} strokes  at least one
 * @returns {Blob}
 */
export function pictureOf(strokes) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  const { scale, left, top } = placeOf(strokes);
  context.fillRect(0, 0, SIDE, SIDE);
  context.setTransform(scale, 0, 0, scale, left, top);
  context.strokeStyle = "#fff";
  context.lineWidth = PEN / scale;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) context.stroke(new Path2D(curveOf(stroke)));
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const gray = data.filter((_, i) => i % 4 === 0);
  return new Blob([`P5\n${SIDE} ${SIDE}\n255\n`, gray], { type: "image/x-portable-graymap" });
}
