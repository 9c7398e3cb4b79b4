// Prepares the graphs' numbers: smooths them, and thins them to what a screen can show.

/** @typedef {readonly (number | null)[]} Column */

/**
 * Debiased exponential moving average: divided by the total weight of the values so far, so that it
 * is not pulled towards zero at its start. Gaps stay gaps.
 * @param {Column} values
 * @param {number} weight  of the past, from 0 (none) to just under 1
 * @param {Set<number>} [anew]  indices at which the past is forgotten
 * @returns {(number | null)[]}
 */
export function smooth(values, weight, anew) {
  let average = 0;
  let total = 0;
  return values.map((value, i) => {
    if (anew?.has(i)) average = total = 0;
    if (value === null || !Number.isFinite(value)) return null;
    average = average * weight + value * (1 - weight);
    total = total * weight + (1 - weight);
    return average / total;
  });
}

/**
 * The first index whose value is not below `x`.
 * @param {readonly number[]} sorted
 * @param {number} x
 */
export function lowerBound(sorted, x) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The index of the value nearest to `x`, or -1 where there is none.
 * @param {readonly number[]} sorted
 * @param {number} x
 */
export function nearest(sorted, x) {
  if (sorted.length === 0) return -1;
  const right = Math.min(lowerBound(sorted, x), sorted.length - 1);
  const left = Math.max(right - 1, 0);
  return x - sorted[left] <= sorted[right] - x ? left : right;
}

/**
 * Thins columns that share `xs` to about `limit` rows between `from` and `to` (and one row beyond
 * on each side, so that lines run on to the edge). Each bucket of rows becomes two, which hold its
 * least and greatest value in the order in which they came: peaks stay.
 * @param {readonly number[]} xs  ascending
 * @param {readonly Column[]} columns
 * @param {number} from
 * @param {number} to
 * @param {number} limit
 * @returns {{xs: number[], columns: (number | null)[][]}}
 */
export function decimate(xs, columns, from, to, limit) {
  const start = Math.max(lowerBound(xs, from) - 1, 0);
  const end = Math.min(lowerBound(xs, to) + 2, xs.length);
  if (end - start <= limit) {
    return { xs: xs.slice(start, end), columns: columns.map((column) => column.slice(start, end)) };
  }
  // Buckets begin at multiples of their size, so that the picture does not shimmer as rows come.
  const size = Math.ceil((2 * (end - start)) / limit);
  /** @type {number[]} */
  const thinXs = [];
  /** @type {(number | null)[][]} */
  const thin = columns.map(() => []);
  for (let at = start; at < end; ) {
    const next = Math.min((Math.floor(at / size) + 1) * size, end);
    thinXs.push(xs[at]);
    if (next - at > 1) thinXs.push(xs[next - 1]);
    for (const [i, column] of columns.entries()) {
      const [first, second] = extremes(column, at, next);
      thin[i].push(first);
      if (next - at > 1) thin[i].push(second);
    }
    at = next;
  }
  return { xs: thinXs, columns: thin };
}

/**
 * Adds a column for dots, each in a row of its own where there is none at its place.
 * @param {{xs: readonly number[], columns: readonly Column[]}} rows
 * @param {readonly {x: number, y: number | null}[]} dots  ascending
 * @returns {{xs: number[], columns: (number | null)[][]}}
 */
export function withDots(rows, dots) {
  const xs = [...new Set([...rows.xs, ...dots.map(({ x }) => x)])].sort((a, b) => a - b);
  const height = new Map(dots.map(({ x, y }) => [x, y]));
  const row = new Map(rows.xs.map((x, i) => [x, i]));
  const columns = rows.columns.map((column) => xs.map((x) => column[row.get(x) ?? -1] ?? null));
  return { xs, columns: [...columns, xs.map((x) => height.get(x) ?? null)] };
}

/**
 * Least and greatest value in [from, to), in the order of their places.
 * @param {Column} column
 * @param {number} from
 * @param {number} to
 * @returns {[number | null, number | null]}
 */
function extremes(column, from, to) {
  let low = -1;
  let high = -1;
  for (let i = from; i < to; i++) {
    const value = column[i];
    if (value === null) continue;
    if (low < 0 || value < /** @type {number} */ (column[low])) low = i;
    if (high < 0 || value > /** @type {number} */ (column[high])) high = i;
  }
  if (low < 0) return [null, null];
  return low <= high ? [column[low], column[high]] : [column[high], column[low]];
}

/**
 * How high a graph needs to reach where a divergence has left huge numbers: to where it began, and to
 * three times the 90th percentile. Higher values run out of the picture.
 * @param {readonly Column[]} columns
 */
export function ceilingOf(columns) {
  const values = columns.flat().filter((value) => value !== null && Number.isFinite(value)).map(Number);
  const first = Math.max(...columns.map(([value]) => value ?? 0));
  values.sort((a, b) => a - b);
  return Math.max(first, 3 * (values[Math.floor(0.9 * (values.length - 1))] ?? 0));
}

/**
 * The horizontal range when nobody has zoomed: from zero, or from the first point if that is late, as
 * in a run that continues from a snapshot; to a little beyond the last point, in steps, so that the
 * picture does not creep all the time.
 * @param {readonly number[]} xs  ascending
 * @param {boolean} cleared  earlier points are hidden
 * @param {number} [reached]  what there is to see reaches at least to here
 * @returns {{min: number, max: number}}  max is greater than min
 */
export function extentOf(xs, cleared, reached = 0) {
  const [first = 0, second = 2 * first] = xs;
  const last = Math.max(xs.at(-1) ?? 0, reached, 1);
  const min = cleared || first > 3 * (second - first) ? first : 0;
  const step = 10 ** Math.floor(Math.log10(last)) / 5;
  const max = Math.ceil(last / step) * step;
  return { min, max: max > min ? max : min + step };
}
