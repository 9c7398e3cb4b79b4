// Reads bytes that JSON holds as base64.

/** @param {string} base64 */
export function bytesFrom(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
