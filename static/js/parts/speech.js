// Tells screen readers what the keyboard's cursor stands on.

import { setText } from "./dom.js";

/** Held-down arrow keys would drown what is said: it is said once they have rested for so long. */
const REST_MS = 300;

/**
 * @param {HTMLElement} region  a live region
 * @returns {(text: string) => void}  the newest text wins
 */
export function makeSpeaker(region) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => setText(region, text), REST_MS);
  };
}
