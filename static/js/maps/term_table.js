// Lists the terms that contribute most to a sum, for and against it, each with a bar.

import { make } from "../parts/dom.js";
import { numberText } from "../words/formula.js";
import { signCss } from "../parts/sign_colors.js";

/** @import { Term, Terms } from "./term_grids.js" */

/**
 * @param {HTMLTableElement} table
 * @param {Terms} terms
 * @param {[string, string, string]} names  of inputs, factors and parts
 * @param {(term: Term) => string} nameOf
 * @param {(term: Term) => void} choose  a unit that was clicked
 */
export function showTerms(table, terms, names, nameOf, choose) {
  const { strongest, others, factors, how } = terms;
  const most = Math.max(...strongest.map(({ part }) => Math.abs(part ?? 0)), 1e-30);
  const heads = ["unit", names[0], ...(factors ? [names[1]] : []), names[2]];
  const rows = strongest.map((term) => {
    const name = make("button", { type: "button", class: "link", title: "explain this unit" }, nameOf(term));
    name.addEventListener("click", () => choose(term));
    const bar = make("span", { class: "term-bar" });
    const share = (term.part ?? 0) / most;
    bar.style.width = `${Math.abs(share) * 100}%`;
    bar.style.background = signCss(Math.sign(share));
    const numbers = [term.input, ...(factors ? [term.factor] : [])].map((value) => make("td", {}, numberText(value)));
    return make("tr", {}, make("th", { scope: "row" }, name), ...numbers, make("td", { class: "term-part" }, bar, make("span", {}, numberText(term.part))));
  });
  if (how === "sum" && others !== 0) {
    rows.push(make("tr", {}, make("th", { scope: "row" }, "all others"), ...heads.slice(2).map(() => make("td", {})), make("td", {}, numberText(others))));
  }
  // While somebody is in the table, it stays as it is: the button under the finger must not move.
  if (table.contains(document.activeElement) || table.matches(":hover")) return updateParts(table, rows);
  table.replaceChildren(
    make("thead", {}, make("tr", {}, ...heads.map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...rows),
  );
  return undefined;
}

/** Puts new numbers into the rows that are there, each by its unit. @param {HTMLTableElement} table @param {HTMLTableRowElement[]} rows */
function updateParts(table, rows) {
  const fresh = new Map(rows.map((row) => [row.cells[0].textContent, row]));
  for (const row of table.tBodies[0]?.rows ?? []) {
    const newer = fresh.get(row.cells[0].textContent);
    if (newer) for (let i = 1; i < row.cells.length; i++) row.cells[i].replaceChildren(...newer.cells[i].childNodes);
  }
}
