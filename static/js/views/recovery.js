// Says that the loss has diverged, and offers the ways on: the last good weights, or a new start.

import { byId, messageOf, setText } from "../dom.js";

/** @import { Context } from "../context.js" */

/** @param {Context} context */
export function showRecovery(context) {
  const { store } = context;
  const box = byId("recovery", HTMLElement);
  const reason = byId("recovery_reason", HTMLElement);
  if (context.bootstrap.role === "owner") offerWaysOn(context);

  store.subscribe(["connection", "session"], ({ connection, session }) => {
    const shown = connection === "open" && session?.recoverable === true;
    box.hidden = !shown;
    setText(reason, shown ? session?.reason ?? "" : "");
  });
}

/** @param {Context} context */
function offerWaysOn({ command }) {
  const problem = byId("recovery_problem", HTMLElement);
  /**
   * @param {HTMLButtonElement} button
   * @param {"recover" | "restart"} type
   * @param {HTMLElement} next  what one wants to do then, and where the keyboard goes
   */
  const offer = (button, type, next) => button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    let trouble = "";
    try {
      await command({ type });
      next.focus();
    } catch (error) {
      trouble = messageOf(error);
    }
    button.removeAttribute("aria-busy");
    setText(problem, trouble);
    problem.hidden = trouble === "";
  });
  offer(byId("buttonrecover", HTMLButtonElement), "recover", byId("lr_input", HTMLInputElement));
  offer(byId("recovery_restart", HTMLButtonElement), "restart", byId("buttontp", HTMLButtonElement));
}
