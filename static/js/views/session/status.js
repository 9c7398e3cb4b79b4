// Says plainly whether the page is live, paused, waiting, reconnecting, stale or failed.

import { byId, make, setText, showText } from "../../parts/dom.js";
import { count } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */
/** @import { State } from "../../store.js" */

/** How long a notice that reports no problem stays. */
const INFO_STAYS_MS = 8000;

/**
 * The one word for the page's state.
 * @param {State} state
 */
export function statusOf(state) {
  if (state.connection !== "open") return state.connection;
  const status = state.session?.status ?? "connecting";
  return status === "running" ? "live" : status;
}

/** @param {State} state @param {string} status */
function wording(state, status) {
  if (status === "waiting" && state.session?.place) return `waiting, place ${state.session.place} in line`;
  return status;
}

/** @param {State} state @param {string} status */
function reasonOf(state, status) {
  if (status === "stale") return "Nothing has come from the server for a while. Reconnecting.";
  if (status === "reconnecting") return "Connection lost. Reconnecting; the page shows the last data received.";
  // The recovery box tells of it, with what can be done.
  if (state.session?.recoverable) return "";
  if (status === "waiting" || status === "failed" || status === "stopped") return state.session?.reason ?? "";
  return "";
}

/** @param {Context} context */
export function showStatus({ store }) {
  const text = byId("status_text", HTMLElement);
  const reason = byId("status_reason", HTMLElement);
  const gone = byId("gone", HTMLElement);
  const watching = byId("watching", HTMLElement);

  store.subscribe(["connection", "session"], (state) => {
    const status = statusOf(state);
    document.body.dataset.status = status;
    document.body.dataset.run = String(state.run);
    setText(text, wording(state, status));
    showText(reason, reasonOf(state, status));
    gone.hidden = status !== "gone";
    document.title = status === "live" ? "ConvNet Live" : `ConvNet Live (${status})`;
  });
  store.subscribe(["connection", "spectators"], ({ connection, spectators }) => {
    setText(watching, `${count(spectators)} watching`);
    watching.hidden = spectators === 0 || connection !== "open";
  });
  showNotices(store);
}

/** @param {Context["store"]} store */
function showNotices(store) {
  const place = byId("notices", HTMLElement);
  /** @type {Map<number, HTMLElement>} */
  const shown = new Map();
  store.subscribe(["notices"], ({ notices }) => {
    for (const [id, element] of shown) {
      if (notices.some((notice) => notice.id === id)) continue;
      element.remove();
      shown.delete(id);
    }
    for (const { id, level, message } of notices) {
      if (shown.has(id)) continue;
      const close = make("button", { type: "button", class: "quiet" }, "dismiss");
      close.addEventListener("click", () => store.dismissNotice(id));
      const role = level === "info" ? "status" : "alert";
      const element = make("div", { class: "notice", "data-level": level, role }, make("p", {}, message), close);
      place.append(element);
      shown.set(id, element);
      if (level === "info") setTimeout(() => store.dismissNotice(id), INFO_STAYS_MS);
    }
  });
}
