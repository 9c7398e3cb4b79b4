// Puts text on the clipboard, with and without TLS.

/** @param {HTMLInputElement | HTMLTextAreaElement} field @returns {Promise<boolean>} whether its text is on the clipboard */
export async function copyFrom(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Not available without TLS, as in most classrooms; the old way needs a selection.
    field.select();
    return document.execCommand("copy");
  }
}
