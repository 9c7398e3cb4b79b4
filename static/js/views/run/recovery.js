// Says why a run has failed, and offers the ways on: back to its last checkpoint, or a restart.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, setText } from "../../parts/dom.js";

/** @import { Context } from "../../view_context.js" */

/**
 * What to say and to offer, by the kind of failure; `told` is for spectators.
 * @type {Record<string, {advice: string, button: string, told: string}>}
 */
const WAYS = {
  diverged: {
    advice: "The last good weights are saved: go back to them and lower the learning rate before you resume, or restart.",
    button: "go back to the last good weights",
    told: "Its owner can go back to the last good weights or restart.",
  },
  died: {
    advice: "What the network has learned is saved.",
    button: "try again",
    told: "Its owner can try again.",
  },
};

/** @param {Context} context */
export function showRecovery(context) {
  const { store } = context;
  const owner = context.bootstrap.role === "owner";
  const box = byId("recovery", HTMLElement);
  const reason = byId("recovery_reason", HTMLElement);
  const advice = byId("recovery_advice", HTMLElement);
  if (owner) offerWaysOn(context);

  store.subscribe(["connection", "session"], ({ connection, session }) => {
    const way = WAYS[session?.failure ?? ""];
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
  /**
   * @param {HTMLButtonElement} button
   * @param {"recover" | "restart"} type
   * @param {HTMLElement} next  gets the focus: what one is likely to do next
   */
  const offer = (button, type, next) => button.addEventListener("click", async () => {
    if (await attempt({ busy: button, complain }, () => command({ type }))) next.focus();
  });
  offer(back, "recover", byId("lr_input", HTMLInputElement));
  offer(byId("recovery_restart", HTMLButtonElement), "restart", byId("buttontp", HTMLButtonElement));
  store.subscribe(["session"], ({ session }) => {
    setText(back, WAYS[session?.failure ?? ""]?.button ?? "go back");
  });
}
