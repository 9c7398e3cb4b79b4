// Says how far the learning rate's schedule has come.

import { byId, showText } from "../../parts/dom.js";
import { scheduleProgress } from "../../words/trainer_text.js";

/** @import { Context } from "../../view_context.js" */

/** @param {Context} context */
export function showSchedule({ store }) {
  const line = byId("schedule", HTMLElement);
  store.subscribe(["session", "stats"], ({ session, stats }) => {
    showText(line, session && stats ? scheduleProgress(session.trainer, stats.examples) : "");
  });
}
