// Draws a confusion matrix as a table, in which the arrow keys go from cell to cell.

import { make, setText } from "../parts/dom.js";
import { UNKNOWN, accuracy, count, signed } from "../words/numbers.js";
import { cellsOf, classCount, scoreChanges, sums } from "./confusion.js";

/** @import { Shown } from "./confusion.js" */

const SCORES = /** @type {const} */ (["precision", "recall", "f1"]);
const SCORE_NAMES = { precision: "precision", recall: "recall", f1: "F1" };

export class ConfusionTable {
  /**
   * @param {HTMLTableElement} table
   * @param {HTMLElement} words  says what the cell under the pointer, or with the focus, holds
   * @param {(truth: number, guess: number) => void} open  a cell is clicked on, or Enter pressed there
   */
  constructor(table, words, open) {
    this.open = open;
    this.table = table;
    this.words = words;
    this.caption = make("span");
    /** @type {HTMLTableCellElement[]} */
    this.cells = [];
    /** @type {HTMLTableCellElement[]} */
    this.scores = [];
    /** @type {Shown | null} */
    this.shown = null;
    this.names = "";
    this.told = -1;
    table.addEventListener("keydown", (event) => this.move(event));
    table.addEventListener("click", ({ target }) => this.choose(target));
    for (const kind of /** @type {const} */ (["focusin", "pointerover"])) {
      table.addEventListener(kind, ({ target }) => this.tell(this.cells.findIndex((cell) => cell === target)));
    }
  }

  /** @param {Shown} shown */
  show(shown) {
    this.shown = shown;
    const names = Array.from({ length: classCount(shown.counts) }, (_, i) => shown.classes[i] ?? String(i));
    if (names.join("\n") !== this.names) this.build(names);
    setText(this.caption, shown.title);
    const write = shown.before ? signed : count;
    for (const [at, { value, kind, share }] of cellsOf(shown.counts, shown.before).entries()) {
      const cell = this.cells[at];
      setText(cell, write(value));
      cell.dataset.kind = kind;
      cell.style.setProperty("--share", share.toFixed(3));
    }
    this.showScores(shown);
    if (this.told >= 0) this.tell(this.told);
  }

  /** @param {Shown} shown */
  showScores({ counts, before }) {
    const { truths, guesses } = sums(counts);
    const texts = scoreChanges(counts, before).flatMap((scores, i) =>
      SCORES.map((name) => scoreText(scores[name], name === "precision" ? guesses[i] : truths[i], before !== null)));
    for (const [at, text] of texts.entries()) setText(this.scores[at], text);
  }

  /** @param {string[]} names */
  build(names) {
    this.names = names.join("\n");
    this.told = -1;
    const cell = () => make("td", { class: "confusion-count", tabindex: -1 });
    this.cells = names.flatMap(() => names.map(cell));
    this.scores = names.flatMap(() => SCORES.map(() => make("td", { class: "confusion-score" })));
    this.cells[0].tabIndex = 0;
    const groups = make("tr", {},
      make("th", { rowspan: 2, scope: "col" }, "true"),
      make("th", { colspan: names.length, scope: "colgroup" }, "guess"),
      make("th", { colspan: SCORES.length, scope: "colgroup", class: "confusion-score" }, "each class"));
    const columns = make("tr", {},
      ...names.map((name) => make("th", { scope: "col" }, name)),
      ...SCORES.map((name) => make("th", { scope: "col", class: "confusion-score" }, SCORE_NAMES[name])));
    const rows = names.map((name, i) => make("tr", {},
      make("th", { scope: "row" }, name),
      ...this.cells.slice(i * names.length, (i + 1) * names.length),
      ...this.scores.slice(i * SCORES.length, (i + 1) * SCORES.length)));
    this.table.replaceChildren(make("caption", {}, this.caption), make("thead", {}, groups, columns), make("tbody", {}, ...rows));
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") this.choose(event.target);
    const at = this.cells.findIndex((cell) => cell === event.target);
    const next = cellAfter(event.key, at, Math.sqrt(this.cells.length));
    if (at < 0 || next === undefined) return;
    event.preventDefault(); // or else the page would scroll
    this.rove(next);
    this.cells[next].focus();
  }

  /** Tab leads to this cell alone. @param {number} at */
  rove(at) {
    for (const [i, cell] of this.cells.entries()) cell.tabIndex = i === at ? 0 : -1;
  }

  /** @param {EventTarget | null} target */
  choose(target) {
    const at = this.cells.findIndex((cell) => cell === target);
    if (at < 0) return;
    const classes = Math.sqrt(this.cells.length);
    this.rove(at);
    this.cells[at].focus(); // where Escape leads back to
    this.open(Math.floor(at / classes), at % classes);
  }

  /** @param {number} at */
  tell(at) {
    if (at < 0 || !this.shown) return;
    this.told = at;
    setText(this.words, cellText(this.shown, this.names.split("\n"), at));
  }
}

/** @param {number | null} score @param {number} images  that it covers @param {boolean} difference */
function scoreText(score, images, difference) {
  if (score === null) return UNKNOWN;
  return difference ? signed(score * 100, 1) : accuracy(score, images);
}

/**
 * The cell that a key leads to.
 * @param {string} key
 * @param {number} at
 * @param {number} classes
 * @returns {number | undefined}  undefined where the key means nothing here
 */
export function cellAfter(key, at, classes) {
  const row = Math.floor(at / classes);
  const column = at % classes;
  const last = classes - 1;
  /** @type {Record<string, [number, number]>} */
  const targets = {
    ArrowLeft: [row, Math.max(column - 1, 0)], ArrowRight: [row, Math.min(column + 1, last)],
    ArrowUp: [Math.max(row - 1, 0), column], ArrowDown: [Math.min(row + 1, last), column],
    Home: [row, 0], End: [row, last], PageUp: [0, column], PageDown: [last, column],
  };
  const target = targets[key];
  return target && target[0] * classes + target[1];
}

/**
 * What a cell says, in a sentence.
 * @param {Shown} shown
 * @param {string[]} names
 * @param {number} at
 */
export function cellText({ counts, before }, names, at) {
  const row = Math.floor(at / names.length);
  const [truth, guess] = [names[row], names[at % names.length]];
  const of = `of ${count(sums(counts).truths[row])} images of ${truth}`;
  const are = counts[at] === 1 ? "is" : "are";
  const what = truth === guess ? "recognized" : `taken for ${guess}`;
  const now = `${count(counts[at])} ${of} ${are} ${what}`;
  return before ? `${now}, before ${count(before[at])} (${signed(counts[at] - before[at])}).` : `${now}.`;
}
