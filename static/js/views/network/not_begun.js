// Says beside *change network* that a paused network has not begun to train, and offers to begin.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId } from "../../parts/dom.js";

/** @import { Context } from "../../view_context.js" */

/** @param {Context} context */
export function showNotBegun({ store, command }) {
  const place = byId("not_begun", HTMLElement);
  const resume = byId("buttonbegin", HTMLButtonElement);
  const complain = complainIn(byId("not_begun_problem", HTMLElement));

  resume.addEventListener("click", async () => {
    const worked = await attempt({ busy: resume, complain }, () => command({ type: "resume" }));
    if (worked) byId("buttonnn", HTMLButtonElement).focus(); // this button is about to go
  });
  store.subscribe(["session", "stats"], ({ session, stats }) => {
    place.hidden = session?.status !== "paused" || stats?.examples !== 0;
  });
}
