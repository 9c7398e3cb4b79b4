// Writes a formula as people do, with names or with the numbers in their place.
// The server's side is `Derivation` in engine/analysis/derivation.py.

import { trimmed } from "./numbers.js";

const TOKEN = /[A-Za-z_]+|\d+(?:\.\d+)?|\*\*|[-+*/(),]/g;
/** @type {Record<string, string>} */
const SIGNS = { "*": " · ", "/": " / ", "+": " + ", "-": " − ", "**": "^", ",": ", ", sqrt: "√" };

/**
 * @param {string} formula  in Python's notation
 * @param {Record<string, number | null>} [numbers]  by name; without them the names are written
 * @returns {string}
 */
export function formulaText(formula, numbers) {
  let before = "";
  return (formula.match(TOKEN) ?? []).map((token) => {
    const written = write(token, before, numbers);
    before = token;
    return written;
  }).join("");
}

/** @param {string} token @param {string} before @param {Record<string, number | null> | undefined} numbers */
function write(token, before, numbers) {
  const first = before === "" || before === "(" || before === ",";
  if (token === "-" && first) return "−";
  if (token in SIGNS) return SIGNS[token];
  if (!numbers || !(token in numbers)) return token.replaceAll("_", " ");
  const number = numberText(numbers[token]);
  // After a sign or a power, a negative number stands in parentheses.
  return number.startsWith("−") && !first ? `(${number})` : number;
}

/** A number with a real minus sign. @param {number | null} value */
export function numberText(value) {
  return trimmed(value, 4).replaceAll("-", "−");
}
