// A grid of any number of cells of one size in a box that scrolls: only the rows on screen exist.

import { make } from "./dom.js";

/**
 * @typedef {object} Hooks
 * @property {() => HTMLElement} makeCell
 * @property {(cell: HTMLElement, at: number) => void} fill  shows in a cell what has this place in the list
 * @property {(first: number, end: number) => void} seen  these places are on screen
 * @property {(at: number) => void} chosen  clicked on, or pressed Enter at
 * @property {(at: number) => void} moved  the keyboard leads here
 */

/** Sizes of a cell, in units of the page's font size. */
const WIDTH = 4.7;
const HEIGHT = 6.3;
/** Rows beyond the edges of the box, so that slow scrolling shows none that is empty. */
const SPARE_ROWS = 1;

export class VirtualGrid {
  /** @param {HTMLElement} box  has the role "grid", and can have the focus @param {Hooks} hooks */
  constructor(box, hooks) {
    this.box = box;
    this.hooks = hooks;
    this.space = make("div", { class: "grid-space", role: "rowgroup" });
    box.append(this.space);
    /** Of the cells' ids. */
    this.prefix = `${box.id}_`;
    this.count = 0;
    this.columns = 1;
    this.rowHeight = 1;
    /** The place that keys go on from. */
    this.active = 0;
    /** @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    this.due = false;
    box.addEventListener("scroll", () => this.layoutSoon(), { passive: true });
    box.addEventListener("keydown", (event) => this.press(event));
    box.addEventListener("click", ({ target }) => this.click(target));
    new ResizeObserver(() => this.layoutSoon()).observe(box);
  }

  /**
   * There is another list.
   * @param {number} count
   * @param {{active: number, top: boolean}} place  where keys go on, and whether to scroll to the top
   */
  show(count, { active, top }) {
    this.count = count;
    this.active = Math.max(0, Math.min(active, count - 1));
    if (top) this.box.scrollTop = 0;
    this.layout();
    this.refill();
  }

  /** Fills the cells anew. */
  refill() {
    for (const [row, element] of this.rows) this.fill(row, element);
  }

  layoutSoon() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.layout();
    });
  }

  layout() {
    const { box, space, count } = this;
    if (box.clientWidth === 0) return; // not shown
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const columns = Math.max(1, Math.floor(box.clientWidth / (WIDTH * unit)));
    const rowHeight = Math.round(HEIGHT * unit);
    const first = Math.floor(box.scrollTop / this.rowHeight) * this.columns;
    const reflowed = columns !== this.columns || rowHeight !== this.rowHeight;
    Object.assign(this, { columns, rowHeight });
    const rowCount = Math.ceil(count / columns);
    space.style.height = `${rowCount * rowHeight}px`;
    space.style.setProperty("--columns", String(columns));
    space.style.setProperty("--row-height", `${rowHeight}px`);
    box.setAttribute("aria-rowcount", String(rowCount));
    box.setAttribute("aria-colcount", String(columns));
    if (reflowed) {
      // What was at the top stays there.
      box.scrollTop = Math.floor(first / columns) * rowHeight;
      this.rows.clear();
      space.replaceChildren();
    }
    const [from, end] = rowsInSight(box.scrollTop, box.clientHeight, rowHeight, rowCount);
    this.placeRows(Math.max(0, from - SPARE_ROWS), Math.min(rowCount, end + SPARE_ROWS));
    this.mark();
    this.hooks.seen(from * columns, Math.min(end * columns, count));
  }

  /** Rows that leave take the places of those that come. @param {number} from @param {number} end */
  placeRows(from, end) {
    const free = [...this.rows.keys()].filter((row) => row < from || row >= end);
    for (let row = from; row < end; row++) {
      if (this.rows.has(row)) continue;
      const left = free.pop();
      const element = left === undefined ? this.makeRow() : /** @type {HTMLElement} */ (this.rows.get(left));
      if (left !== undefined) this.rows.delete(left);
      this.rows.set(row, element);
      this.fill(row, element);
    }
    for (const row of free) {
      this.rows.get(row)?.remove();
      this.rows.delete(row);
    }
    // In order for screen readers.
    const inOrder = [...this.rows].sort(([a], [b]) => a - b);
    for (const [at, [, element]] of inOrder.entries()) {
      if (this.space.children[at] !== element) this.space.insertBefore(element, this.space.children[at] ?? null);
    }
  }

  makeRow() {
    const cells = Array.from({ length: this.columns }, (_, i) => {
      const cell = this.hooks.makeCell();
      cell.setAttribute("role", "gridcell");
      cell.setAttribute("aria-colindex", String(i + 1));
      return cell;
    });
    return make("div", { class: "grid-row", role: "row" }, ...cells);
  }

  /** @param {number} row @param {HTMLElement} element */
  fill(row, element) {
    element.setAttribute("aria-rowindex", String(row + 1));
    element.style.transform = `translateY(${row * this.rowHeight}px)`;
    for (const [i, cell] of [...element.children].entries()) {
      if (!(cell instanceof HTMLElement)) continue;
      const at = row * this.columns + i;
      cell.hidden = at >= this.count;
      cell.id = this.idOf(at);
      if (!cell.hidden) this.hooks.fill(cell, at);
    }
  }

  /** @param {number} at */
  idOf(at) {
    return this.prefix + at;
  }

  /** Says which cell is the active one, as long as it exists. */
  mark() {
    const id = this.idOf(this.active);
    for (const cell of this.space.querySelectorAll("[aria-selected]")) {
      if (cell.id !== id) cell.removeAttribute("aria-selected");
    }
    const cell = this.count ? document.getElementById(id) : null;
    cell?.setAttribute("aria-selected", "true");
    if (cell) this.box.setAttribute("aria-activedescendant", id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /** @param {number} at */
  go(at) {
    this.active = at;
    const top = Math.floor(at / this.columns) * this.rowHeight;
    const { box } = this;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + this.rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + this.rowHeight - box.clientHeight;
    this.layout();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.count === 0) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.hooks.chosen(this.active);
      return;
    }
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.rowHeight));
    const next = placeAfter(event.key, this.active, { count: this.count, columns: this.columns, page });
    if (next === undefined) return;
    event.preventDefault(); // or else the box would scroll by itself
    this.go(next);
    this.hooks.moved(next);
  }

  /** @param {EventTarget | null} target */
  click(target) {
    const cell = target instanceof Element ? target.closest("[role=gridcell]") : null;
    if (!cell) return;
    this.active = Number(cell.id.slice(this.prefix.length));
    this.mark();
    this.hooks.chosen(this.active);
  }
}

/**
 * The rows of which at least a part is on screen, from the first to the one after the last.
 * @param {number} top  how far the box is scrolled
 * @param {number} height  of the box
 * @param {number} rowHeight
 * @param {number} rows
 * @returns {[number, number]}
 */
export function rowsInSight(top, height, rowHeight, rows) {
  const first = Math.min(Math.max(0, Math.floor(top / rowHeight)), rows);
  return [first, Math.min(rows, Math.max(first, Math.ceil((top + height) / rowHeight)))];
}

/**
 * The place that a key leads to.
 * @param {string} key
 * @param {number} at
 * @param {{count: number, columns: number, page: number}} grid  `page` is how many rows are on screen
 * @returns {number | undefined}  undefined where the key means nothing here
 */
export function placeAfter(key, at, { count, columns, page }) {
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -columns * page, PageDown: columns * page };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  if (step === undefined) return undefined;
  // Up and down stay in their column; a step beyond the end leads nowhere, a page to the end.
  const next = at + step;
  if (next >= 0 && next < count) return next;
  if (key === "ArrowDown") return Math.floor(at / columns) < Math.floor((count - 1) / columns) ? count - 1 : at;
  return key.startsWith("Arrow") ? at : next < 0 ? 0 : count - 1;
}
