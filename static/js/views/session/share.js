// Gives owners the spectators' link, and a way to copy it.

import { byId, opens, setText } from "../../parts/dom.js";

/** @import { Context } from "../../view_context.js" */

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/** @param {Context} context */
export function showShare({ store }) {
  const dialog = byId("share", HTMLDialogElement);
  const field = byId("share_link", HTMLInputElement);
  const status = byId("share_status", HTMLElement);

  opens(byId("buttonshare", HTMLButtonElement), dialog, () => setText(status, ""));
  byId("share_local", HTMLElement).hidden = !LOOPBACK.test(location.hostname);
  field.addEventListener("focus", () => field.select());
  byId("buttoncopy", HTMLButtonElement).addEventListener("click", async () => {
    const copied = await copy(field);
    setText(status, copied ? "Copied." : "The browser does not let this page copy. The link is selected: copy it yourself.");
  });
  store.subscribe(["session"], ({ session }) => {
    if (session?.watch) field.value = new URL(session.watch, location.origin).href;
  });
}

/** @param {HTMLInputElement} field @returns {Promise<boolean>} whether its text is on the clipboard */
async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Not available without TLS, as in most classrooms; the old way needs a selection.
    field.select();
    return document.execCommand("copy");
  }
}
