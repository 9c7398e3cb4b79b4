// Shows how one number came about: its formula with the numbers filled in, and the terms behind it.

import { make, setText, showText } from "../parts/dom.js";
import { formulaText, numberText } from "../words/formula.js";
import { TermGrids } from "./term_grids.js";
import { showTerms } from "./term_table.js";

/** @import { Terms } from "./term_grids.js" */

/**
 * A number as the value of a formula; the other side is server/training_process/inspectors/unit.py.
 * @typedef {{formula: string, numbers: Record<string, number | null>, terms: Terms | null}} Derivation
 */

/** Fewer terms than this are all in their grid. */
const WORTH_A_LIST = 10;

export class DerivationView {
  /**
   * @param {string} heading
   * @param {HTMLElement} tip
   * @param {(layer: number, place: {channel: number, y: number, x: number}) => void} choose  a unit that was clicked
   */
  constructor(heading, tip, choose) {
    this.about = make("p", { class: "hint" });
    this.formula = make("p", { class: "formula" });
    this.more = make("p", { class: "formula", hidden: true });
    /** @param {{channel: number, y: number, x: number}} place */
    this.choose = (place) => {
      if (this.terms && isInside(this.terms, place)) choose(this.terms.layer, place);
    };
    this.grids = new TermGrids(tip, this.choose);
    this.table = make("table", { class: "term-table" });
    this.summary = make("summary", {});
    this.list = make("details", {}, this.summary, this.table);
    this.element = make("div", { class: "derivation" }, make("h4", {}, heading), this.about, this.formula, this.grids.element, this.list, this.more);
    /** @type {Terms | null} */
    this.terms = null;
  }

  /** There is nothing to show. @param {string} why */
  none(why) {
    setText(this.about, why);
    this.formula.hidden = this.grids.element.hidden = this.list.hidden = this.more.hidden = true;
  }

  /**
   * @param {number} value
   * @param {Derivation} derivation
   * @param {{about: string, names: [string, string, string], nameOf: (layer: number, place: {channel: number, y: number, x: number}) => string, more?: string}} words
   */
  show(value, { formula, numbers, terms }, { about, names, nameOf, more = "" }) {
    this.terms = terms;
    setText(this.about, about);
    // A formula of one name has nothing to fill in.
    const filled = formula in numbers ? [] : [formulaText(formula, numbers)];
    showText(this.formula, [formulaText(formula), ...filled, numberText(value)].join(" = "));
    showText(this.more, more);
    const box = terms?.box;
    const plane = box ? (box.rows[1] - box.rows[0]) * (box.columns[1] - box.columns[0]) : 0;
    const count = box ? plane * (box.channels[1] - box.channels[0]) : 0;
    const drawn = terms !== null && plane > 1 && terms.channels.length > 0;
    this.grids.element.hidden = !drawn;
    if (terms && drawn) this.grids.draw(terms, names);
    const listed = terms !== null && count > 0 && (!drawn || (terms.how === "sum" && count >= WORTH_A_LIST));
    if (this.list.hidden !== !listed || this.list.dataset.drawn !== String(drawn)) this.list.open = !drawn;
    this.list.hidden = !listed;
    this.list.dataset.drawn = String(drawn);
    setText(this.summary, terms?.strongest.length === count ? "one by one" : "the largest of them");
    if (terms && listed) showTerms(this.table, terms, names, (term) => nameOf(terms.layer, term), this.choose);
  }
}

/** Padding is no unit. @param {Terms} terms @param {{channel: number, y: number, x: number}} place */
function isInside(terms, { channel, y, x }) {
  return channel >= 0 && y >= 0 && x >= 0 && terms.layer >= 0;
}
