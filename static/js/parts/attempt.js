// Carries out what a person asked for: marks its place busy meanwhile, and says there why it failed.

import { showText } from "./dom.js";

/** @import { Problem as Refusal } from "../server/protocol.js" */

/** Offline: caused by the lost connection, and no longer true once it is back. @typedef {Refusal & {offline?: boolean}} Problem */

/** Called when an attempt has ended; null where it worked. @typedef {(problem: Problem | null) => void} Complain */

/** Complaints that say no more than that the connection was lost. @type {Set<Complain>} */
const ofConnection = new Set();

/** Takes back what the lost connection made the page complain of. */
export function connectionIsBack() {
  for (const complain of ofConnection) complain(null);
  ofConnection.clear();
}

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
  if (problem?.offline) ofConnection.add(complain);
  else ofConnection.delete(complain);
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
