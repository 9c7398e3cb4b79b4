// Moves a graph's cursor from point to point with the keyboard.

import { nearest } from "./series.js";

/** Page Up and Page Down move by this share of the points in sight. */
const PAGE = 1 / 10;

/**
 * @param {HTMLElement} place  the graph, which can have the focus
 * @param {object} graph
 * @param {() => readonly number[]} graph.xs  the points in sight, ascending
 * @param {() => number | null} graph.at  where the cursor is
 * @param {(x: number | null) => void} graph.go  moves it, or takes it away
 */
export function moveByKeys(place, { xs, at, go }) {
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape") go(null);
    const x = pointAfter(event.key, xs(), at());
    if (x === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // or else the page would scroll
    go(x);
  });
  place.addEventListener("blur", () => go(null));
}

/**
 * The point that a key leads to.
 * @param {string} key
 * @param {readonly number[]} xs  ascending
 * @param {number | null} x  where the cursor is; null stands for the end
 * @returns {number | undefined}  undefined where the key means nothing here
 */
export function pointAfter(key, xs, x) {
  const here = nearest(xs, x ?? Infinity);
  const page = Math.max(1, Math.round(xs.length * PAGE));
  /** @type {Record<string, number>} */
  const targets = {
    ArrowLeft: here - 1, ArrowRight: here + 1, PageUp: here - page, PageDown: here + page,
    Home: 0, End: xs.length - 1,
  };
  const target = targets[key];
  return target === undefined ? undefined : xs[Math.min(Math.max(target, 0), xs.length - 1)];
}
