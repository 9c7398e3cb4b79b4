// The arithmetic of a confusion matrix: scores of each class, what its cells say, and it as CSV and SVG.

import { signed } from "../words/numbers.js";

/** Of one class; null where nothing was guessed to be it, or nothing is. @typedef {{precision: number | null, recall: number | null, f1: number | null}} Scores */

/**
 * @typedef {object} Cell
 * @property {number} value  a count of images, or by how many it has changed
 * @property {"" | "good" | "bad"} kind  right, or better than before; wrong, or worse
 * @property {number} share  of the strongest color, from 0 to 1
 */

/** How many classes a matrix has, given row by row. @param {readonly number[]} counts */
export function classCount(counts) {
  return Math.round(Math.sqrt(counts.length));
}

/** How many images of each class there are, and how many were taken for it. @param {readonly number[]} counts */
export function sums(counts) {
  const classes = classCount(counts);
  const truths = Array.from({ length: classes }, () => 0);
  const guesses = [...truths];
  for (const [at, images] of counts.entries()) {
    truths[Math.floor(at / classes)] += images;
    guesses[at % classes] += images;
  }
  return { truths, guesses };
}

/** @param {readonly number[]} counts @returns {Scores[]} */
export function scoresOf(counts) {
  const { truths, guesses } = sums(counts);
  return truths.map((truth, i) => {
    const right = counts[i * truths.length + i];
    return {
      precision: guesses[i] ? right / guesses[i] : null,
      recall: truth ? right / truth : null,
      f1: truth + guesses[i] ? (2 * right) / (truth + guesses[i]) : null,
    };
  });
}

/**
 * Errors are few beside what is right: their colors are scaled by the largest of them alone, and by
 * square roots, so that single ones are seen.
 * @param {readonly number[]} counts
 * @param {readonly number[] | null} before  what to show the difference from
 * @returns {Cell[]}
 */
export function cellsOf(counts, before) {
  const classes = classCount(counts);
  const isRight = (/** @type {number} */ at) => at % (classes + 1) === 0;
  const values = counts.map((images, at) => images - (before?.[at] ?? 0));
  const most = (/** @type {boolean} */ right) => Math.max(1, ...values.filter((_, at) => isRight(at) === right).map(Math.abs));
  const mostRight = most(true);
  const mostWrong = most(false);
  return values.map((value, at) => {
    const good = isRight(at) === value > 0;
    const share = Math.sqrt(Math.abs(value) / (isRight(at) ? mostRight : mostWrong));
    return { value, kind: value === 0 ? "" : good ? "good" : "bad", share };
  });
}

/**
 * @typedef {object} Shown
 * @property {string} title
 * @property {readonly string[]} classes
 * @property {readonly number[]} counts
 * @property {readonly number[] | null} before
 */

/** Shares with four decimals; of a difference all numbers are differences. @param {Shown} shown */
export function csvOf({ classes, counts, before }) {
  const cells = cellsOf(counts, before);
  const rows = scoreChanges(counts, before).map(({ precision, recall, f1 }, i) => [
    classes[i] ?? String(i),
    ...cells.slice(i * classCount(counts), (i + 1) * classCount(counts)).map(({ value }) => String(value)),
    ...[precision, recall, f1].map((score) => (score === null ? "" : score.toFixed(4))),
  ]);
  const names = rows.map(([name]) => name);
  const lines = [["true\\guess", ...names, "precision", "recall", "F1"], ...rows];
  return lines.map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

/**
 * The scores, or by how much they differ from those before.
 * @param {readonly number[]} counts
 * @param {readonly number[] | null} before
 * @returns {Scores[]}
 */
export function scoreChanges(counts, before) {
  const now = scoresOf(counts);
  if (before === null) return now;
  const then = scoresOf(before);
  /** @param {number | null} a @param {number | null} b */
  const minus = (a, b) => (a === null || b === null ? null : a - b);
  return now.map(({ precision, recall, f1 }, i) => ({
    precision: minus(precision, then[i].precision), recall: minus(recall, then[i].recall), f1: minus(f1, then[i].f1),
  }));
}

/** @param {string} text */
function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const SIDE = 44;
/** Light colors, wherever the picture is shown. */
const FILL = { good: "#7ccb95", bad: "#ee8f85", "": "none" };

/** A picture of the matrix that needs nothing else. @param {Shown} shown */
export function svgOf({ title, classes, counts, before }) {
  const number = classCount(counts);
  const left = 2 * SIDE;
  const top = 2 * SIDE;
  /** @param {number} x @param {number} y @param {string} text @param {string} [more] */
  const label = (x, y, text, more = "") => `<text x="${x}" y="${y}"${more}>${escaped(text)}</text>`;
  const cells = cellsOf(counts, before).map(({ value, kind, share }, at) => {
    const x = left + (at % number) * SIDE;
    const y = top + Math.floor(at / number) * SIDE;
    const box = `<rect x="${x}" y="${y}" width="${SIDE}" height="${SIDE}" fill="${FILL[kind]}" fill-opacity="${share.toFixed(3)}" stroke="#d9d7d1"/>`;
    return box + label(x + SIDE / 2, y + SIDE / 2, before ? signed(value) : String(value));
  });
  const names = Array.from({ length: number }, (_, i) => classes[i] ?? String(i)).map((name, i) => {
    const middle = (i + 0.5) * SIDE;
    return label(left + middle, top - SIDE / 3, name, ' font-weight="bold"') + label(left - SIDE / 3, top + middle, name, ' font-weight="bold"');
  });
  const middle = left + (number * SIDE) / 2;
  const width = left + number * SIDE + SIDE;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + number * SIDE + SIDE / 2}" font-family="sans-serif" font-size="14" text-anchor="middle" dominant-baseline="central" fill="#1c2024">`
    + `<title>${escaped(title)}</title><rect width="100%" height="100%" fill="#ffffff"/>`
    + label(width / 2, SIDE / 2, title, ' font-size="12"') + label(middle, top - SIDE * 0.8, "guess") + label(SIDE * 0.8, top + (number * SIDE) / 2, "true")
    + `${names.join("")}${cells.join("")}</svg>\n`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
