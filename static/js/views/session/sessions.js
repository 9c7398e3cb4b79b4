// Lists the browser's sessions: opens one, removes one, takes that back, or begins another.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, make, opens, setText } from "../../parts/dom.js";
import { ago, count, megabytes } from "../../words/numbers.js";

/** @import { Context, SessionList } from "../../view_context.js" */
/** @import { RemovedSession, SessionSummary } from "../../server/protocol.js" */

/** @param {string} session */
const pathOf = (session) => `/sessions/${session}`;

/** @param {Context} context */
export function showSessions({ store, api }) {
  const dialog = byId("sessions", HTMLDialogElement);
  const list = byId("sessions_list", HTMLUListElement);
  const removedList = byId("sessions_removed", HTMLUListElement);
  const hint = byId("sessions_hint", HTMLElement);
  const status = byId("sessions_status", HTMLElement);
  const complain = complainIn(byId("sessions_problem", HTMLElement));
  const begin = byId("buttonnewsession", HTMLButtonElement);
  /** Whether the session that the page shows was removed, and not restored. */
  let removedHere = false;

  const refresh = async () => {
    const listed = await api.listSessions();
    const here = store.state.session?.session;
    setText(hint, rules(listed));
    list.replaceChildren(...listed.sessions.map((summary) => makeRow(summary, summary.session === here, remove)));
    removedList.replaceChildren(...listed.removed.map((removed) => makeRemovedRow(removed, restore)));
  };
  // The dialog may be closed before the server has answered, or after.
  const leave = () => {
    if (removedHere && !dialog.open) location.assign("/");
  };
  /** @param {string} session @returns {HTMLElement | null} */
  const restoreOf = (session) => removedList.querySelector(`[data-removed="${session}"] button`);
  /** @param {SessionSummary} summary @param {HTMLElement} row */
  const remove = ({ session }, row) => attempt({ busy: row, complain }, async () => {
    await api.removeSession(session);
    removedHere ||= session === store.state.session?.session;
    leave();
    await refresh();
    setText(status, "Removed. You can restore it for a week.");
    return restoreOf(session)?.focus();
  });
  /** @param {RemovedSession} removed @param {HTMLElement} row */
  const restore = ({ session }, row) => attempt({ busy: row, complain }, async () => {
    await api.restoreSession(session);
    if (session === store.state.session?.session) return location.assign(pathOf(session));
    await refresh();
    setText(status, "Restored.");
    return begin.focus();
  });

  opens(byId("buttonsessions", HTMLButtonElement), dialog, () => {
    setText(status, "");
    void attempt({ busy: list, complain }, refresh);
  });
  dialog.addEventListener("close", leave);
  begin.addEventListener("click", () => attempt({ busy: begin, complain }, async () => {
    location.assign(pathOf(await api.createSession()));
  }));
}

/** @param {SessionList} list */
function rules({ sessions, most, keep_seconds, disk_bytes }) {
  const days = Math.round(keep_seconds / 86_400);
  const taken = sessions.reduce((sum, { bytes }) => sum + bytes, 0);
  const disk = disk_bytes === null ? "" : ` They take ${megabytes(taken)} of your ${megabytes(disk_bytes, 0)} MB on the server’s disk.`;
  return `Each session trains a network of its own. A session that nobody has looked at for ${count(days)} days is removed; whatever is removed can be restored for a week. You can have up to ${count(most)}.${disk}`;
}

/**
 * @param {SessionSummary} summary
 * @param {boolean} here  whether it is the one that the page shows
 * @param {(summary: SessionSummary, row: HTMLElement) => void} remove
 */
function makeRow(summary, here, remove) {
  const { session, title, status, examples, seen, viewers, bytes } = summary;
  const name = make("a", { href: pathOf(session), class: "session-title", "aria-current": here ? "page" : null }, title);
  const when = make("time", { datetime: new Date(seen * 1000).toISOString(), title: new Date(seen * 1000).toLocaleString() }, ago(Date.now() / 1000 - seen));
  const facts = make("p", { class: "hint" }, `${status} · ${count(examples)} examples · ${bytes > 0 ? `${megabytes(bytes)} MB · ` : ""}`);
  if (here) facts.append("shown here");
  else if (viewers > 0) facts.append("being watched");
  else facts.append("last seen ", when);

  const button = make("button", { type: "button", class: "quiet", "aria-label": `remove ${title}` }, "remove");
  const row = make("li", { "data-session": session }, make("div", {}, name, facts), button);
  button.addEventListener("click", () => remove(summary, row));
  return row;
}

/**
 * @param {RemovedSession} removed
 * @param {(removed: RemovedSession, row: HTMLElement) => void} restore
 */
function makeRemovedRow(removed, restore) {
  const { session, title, examples, seconds } = removed;
  const days = count(Math.ceil(seconds / 86_400));
  const facts = make("p", { class: "hint" }, `removed · ${count(examples)} examples · can be restored for ${days} more ${days === "1" ? "day" : "days"}`);
  const button = make("button", { type: "button", class: "quiet", "aria-label": `restore ${title}` }, "restore");
  const row = make("li", { "data-removed": session }, make("div", {}, make("span", { class: "session-title" }, title), facts), button);
  button.addEventListener("click", () => restore(removed, row));
  return row;
}
