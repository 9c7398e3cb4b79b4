// Finds points of a plane: near a place, in a direction, within an outline.

/** Their x and y, one point after the other. @typedef {ArrayLike<number>} Points */
/** Whether a point is looked at. @typedef {(index: number) => boolean} Among */

/** @type {Record<string, [number, number]>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The point nearest to a place; -1 where there is none within that distance.
 * @param {Points} points
 * @param {Among} among
 * @param {number} x
 * @param {number} y
 * @param {number} [within]
 */
export function nearestPoint(points, among, x, y, within = Infinity) {
  let found = -1;
  let least = within ** 2;
  for (let i = 0; i < points.length / 2; i++) {
    const distance = (points[2 * i] - x) ** 2 + (points[2 * i + 1] - y) ** 2;
    if (distance > least || !among(i)) continue;
    [found, least] = [i, distance];
  }
  return found;
}

/**
 * The point that an arrow key leads to: the nearest one within 45 degrees of its direction, or the same again
 * where there is none. From nowhere it leads to the middle.
 * @param {Points} points
 * @param {Among} among
 * @param {number} from  -1 for nowhere
 * @param {string} key
 * @returns {number | undefined}  undefined where the key means nothing here
 */
export function pointAfter(points, among, from, key) {
  const direction = DIRECTIONS[key];
  if (!direction) return undefined;
  if (from < 0) return nearestPoint(points, among, ...middle(points, among));
  const [x, y] = [points[2 * from], points[2 * from + 1]];
  /** @type {Among} */
  const ahead = (i) => {
    const [dx, dy] = [points[2 * i] - x, points[2 * i + 1] - y];
    const along = dx * direction[0] + dy * direction[1];
    const across = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
    return along > 0 && across <= along && among(i);
  };
  const next = nearestPoint(points, ahead, x, y);
  return next < 0 ? from : next;
}

/**
 * The mean of some points; the plane's middle where there are none.
 * @param {Points} points
 * @param {Among} among
 * @returns {[number, number]}
 */
export function middle(points, among) {
  let [x, y, count] = [0, 0, 0];
  for (let i = 0; i < points.length / 2; i++) {
    if (!among(i)) continue;
    x += points[2 * i];
    y += points[2 * i + 1];
    count += 1;
  }
  return count ? [x / count, y / count] : [0, 0];
}

/**
 * The points within a closed outline, which may cross itself: those from which a ray crosses it an odd number of times.
 * @param {Points} points
 * @param {Among} among
 * @param {Points} outline
 * @returns {number[]}
 */
export function pointsWithin(points, among, outline) {
  const found = [];
  for (let i = 0; i < points.length / 2; i++) {
    if (among(i) && isWithin(points[2 * i], points[2 * i + 1], outline)) found.push(i);
  }
  return found;
}

/** @param {number} x @param {number} y @param {Points} outline */
function isWithin(x, y, outline) {
  let within = false;
  for (let i = 0, before = outline.length - 2; i < outline.length; before = i, i += 2) {
    const [x1, y1, x2, y2] = [outline[before], outline[before + 1], outline[i], outline[i + 1]];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) within = !within;
  }
  return within;
}
