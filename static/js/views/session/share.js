// Gives owners the spectators' link, at an address that others can reach, as text and as a QR code.

import { copyFrom } from "../../parts/clipboard.js";
import { byId, make, opens, setText } from "../../parts/dom.js";
import { drawQrCode } from "../../parts/qr_code.js";

/** @import { Context } from "../../view_context.js" */

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/**
 * The addresses at which others reach this server, likeliest first; its own where there is no other.
 * @param {{hostname: string, origin: string}} here
 * @param {string[]} reachable  as the server knows them
 */
export function originsToShare(here, reachable) {
  const local = LOOPBACK.test(here.hostname);
  const origins = local ? reachable : [here.origin, ...reachable];
  return origins.length ? [...new Set(origins)] : [here.origin];
}

/** @param {Context} context */
export function showShare({ store, bootstrap }) {
  const dialog = byId("share", HTMLDialogElement);
  const field = byId("share_link", HTMLInputElement);
  const status = byId("share_status", HTMLElement);
  const addresses = byId("share_address", HTMLSelectElement);
  const code = dialog.querySelector("svg");
  const origins = originsToShare(location, bootstrap.addresses ?? []);
  const onlyHere = LOOPBACK.test(new URL(origins[0]).hostname);

  function show() {
    const watch = store.state.session?.watch;
    if (!watch) return;
    field.value = new URL(watch, addresses.value).href;
    if (code && !onlyHere) drawQrCode(code, field.value);
  }
  addresses.replaceChildren(...origins.map((origin) => make("option", { value: origin }, new URL(origin).host)));
  byId("share_addresses", HTMLElement).hidden = origins.length < 2;
  byId("share_code", HTMLElement).hidden = onlyHere;
  byId("share_local", HTMLElement).hidden = !onlyHere;
  opens(byId("buttonshare", HTMLButtonElement), dialog, () => setText(status, ""));
  addresses.addEventListener("change", show);
  field.addEventListener("focus", () => field.select());
  byId("buttoncopy", HTMLButtonElement).addEventListener("click", async () => {
    const copied = await copyFrom(field);
    setText(status, copied ? "Copied." : "The browser does not let this page copy. The link is selected: copy it yourself.");
  });
  store.subscribe(["session"], show);
}
