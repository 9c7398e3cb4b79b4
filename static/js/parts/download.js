// Saves text that the page has as a file of the user's.

import { make } from "./dom.js";

/** @param {string} text @param {string} type  of its content @param {string} name */
export function download(text, type, name) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the download reads it after the click
}
