// Carries out what a person asked for: marks its place busy meanwhile, and says there why it failed.

import { showText } from "./dom.js";

/** @import { Problem } from "../server/protocol.js" */

/** Called when an attempt has ended; null where it worked. @typedef {(problem: Problem | null) => void} Complain */

/**
 * @param {{busy?: Element, complain: Complain}} place
 * @param {() => Promise<unknown>} action
 * @returns {Promise<boolean>} whether it worked
 */
export async function attempt({ busy, complain }, action) {
  /** @type {Problem | null} */
  let problem = null;
  busy?.setAttribute("aria-busy", "true");
  try {
    await action();
  } catch (error) {
    problem = problemOf(error);
  }
  busy?.removeAttribute("aria-busy");
  complain(problem);
  return problem === null;
}

/**
 * Complains in an element's text, and hides it while there is nothing to say.
 * @param {HTMLElement} element
 * @param {(message: string) => string} [wording]
 * @returns {Complain}
 */
export function complainIn(element, wording = (message) => message) {
  return (problem) => showText(element, problem ? wording(problem.message) : "");
}

/**
 * What the server says of an error, with its place in the text if it has one; else its message.
 * @param {unknown} error
 * @returns {Problem}
 */
export function problemOf(error) {
  if (!(error instanceof Error)) return { message: String(error) };
  return "problem" in error ? /** @type {Problem} */ (error.problem) : { message: error.message };
}
