// Says why a run has failed, and offers the ways on: back to its last checkpoint, or to the run
// before, or a restart.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, setText } from "../../parts/dom.js";
import { waysOn } from "../../words/failure_text.js";

/** @import { Context } from "../../view_context.js" */
/** @import { Command } from "../../server/protocol.js" */

/** @param {Context} context */
export function showRecovery(context) {
  const { store } = context;
  const owner = context.bootstrap.role === "owner";
  const box = byId("recovery", HTMLElement);
  const reason = byId("recovery_reason", HTMLElement);
  const advice = byId("recovery_advice", HTMLElement);
  if (owner) offerWaysOn(context);

  store.subscribe(["connection", "session"], ({ connection, session }) => {
    const way = waysOn(session?.failure);
    const shown = connection === "open" && session?.recoverable === true && way !== undefined;
    box.hidden = !shown;
    setText(reason, shown ? session?.reason ?? "" : "");
    setText(advice, shown ? (owner ? way.advice : way.told) : "");
  });
}

/** @param {Context} context */
function offerWaysOn({ store, command }) {
  const complain = complainIn(byId("recovery_problem", HTMLElement));
  const back = byId("buttonrecover", HTMLButtonElement);
  const earlier = byId("recovery_earlier", HTMLButtonElement);
  const pause = byId("buttontp", HTMLButtonElement);
  /**
   * @param {HTMLButtonElement} button
   * @param {Command} wanted
   * @param {HTMLElement} next  gets the focus: what one is likely to do next
   */
  const offer = (button, wanted, next) => button.addEventListener("click", async () => {
    if (await attempt({ busy: button, complain }, () => command(wanted))) next.focus();
  });
  offer(back, { type: "recover" }, byId("lr_input", HTMLInputElement));
  offer(earlier, { type: "return_to_run_before" }, pause);
  offer(byId("recovery_restart", HTMLButtonElement), { type: "restart" }, pause);
  store.subscribe(["session"], ({ session }) => {
    earlier.hidden = session?.failure !== "unreadable" || !session.previous;
    setText(back, waysOn(session?.failure)?.button ?? "go back");
  });
}
