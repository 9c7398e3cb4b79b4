// Explains the unit that somebody has pinned, with numbers that move as the network learns.

import { DerivationView } from "../../maps/derivation_view.js";
import { byId, setText, showText } from "../../parts/dom.js";
import { formulaText, numberText } from "../../words/formula.js";
import { fieldsText, lossNames, lossText, madeText, passedText, placeText, termNames, unitTitle } from "../../words/unit_text.js";

/** @import { Derivation } from "../../maps/derivation_view.js" */
/** @import { Box } from "../../maps/receptive_field.js" */
/** @import { Context } from "../../view_context.js" */

/** @typedef {{step: number, value: number, after: ({value: number} & Derivation) | null, forward: Derivation, gradient: number | null, backward: Derivation | null, loss: ({value: number} & Derivation) | null, label: number | null, fields: Box[]}} Explanation */

/** @param {Context} context */
export function showUnitPanel({ store, pinned, liveAnswer }) {
  const panel = byId("unit_panel", HTMLElement);
  const heading = byId("unit_title", HTMLElement);
  const problem = byId("unit_problem", HTMLElement);
  const tip = byId("tip", HTMLElement);
  /** @param {number} layer @param {{channel: number, y: number, x: number}} place */
  const choose = (layer, { channel, y, x }) => pinned.pin({ layer, channel, y, x });
  const forward = new DerivationView("How this number came about", tip, choose);
  const backward = new DerivationView("Where its gradient came from", tip, choose);
  byId("unit_forward", HTMLElement).append(forward.element);
  byId("unit_backward", HTMLElement).append(backward.element);

  /** @param {Explanation} answer */
  const show = (answer) => {
    const { session } = store.state;
    const { unit } = pinned;
    if (!session || !unit) return;
    showText(problem, "");
    panel.removeAttribute("aria-busy");
    panel.dataset.step = String(answer.step);
    const { layers, dataset: { classes } } = session;
    /** @param {number} layer @param {{channel: number, y: number, x: number}} place */
    const nameOf = (layer, place) => placeText(layers[layer], classes, place);
    const { type } = layers[unit.layer];
    const { after, gradient } = answer;
    const more = after ? `${layers[unit.layer + 1].type}: ${formulaText(after.formula, after.numbers)} = ${numberText(after.value)}` : "";
    forward.show(answer.value, answer.forward, { about: [madeText(type), fieldsText(unit.layer, answer.fields)].filter(Boolean).join(" "), names: termNames(type, false), nameOf, more });
    if (gradient !== null && answer.backward) {
      const behind = layers[unit.layer + 1].type;
      backward.show(gradient, answer.backward, { about: passedText(behind), names: termNames(behind, true), nameOf });
    } else if (answer.loss) {
      backward.show(answer.loss.value, answer.loss, { about: lossText(type), names: lossNames(type), nameOf });
    } else {
      backward.none("None: the true class of this image is unknown.");
    }
  };
  const live = liveAnswer({
    element: panel,
    question: () => (pinned.unit ? { about: "unit", ...pinned.unit } : null),
    show: (answer) => show(/** @type {any} */ (answer)),
    fail: (message) => showText(problem, message),
  });
  const open = () => {
    const { session } = store.state;
    const { unit } = pinned;
    panel.hidden = !unit || !session;
    if (!unit || !session) return;
    panel.setAttribute("aria-busy", "true");
    setText(heading, unitTitle(session.layers, session.dataset.classes, unit));
    live.again();
  };
  pinned.onChange(open);
  byId("unit_close", HTMLButtonElement).addEventListener("click", () => pinned.pin(null));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") pinned.pin(null);
  });
  let run = -1;
  store.subscribe(["session"], (state) => {
    // Another network need not have such a unit, and what it has there is another one.
    if (state.run !== run && run >= 0 && pinned.unit && !exists(state.session?.layers ?? [], pinned.unit)) pinned.pin(null);
    else if (state.run !== run && pinned.unit) open();
    run = state.run;
  });
}

/** @param {import("../../server/protocol.js").LayerInfo[]} layers @param {import("../../parts/pinned_unit.js").Unit} unit */
function exists(layers, { layer, channel, y, x }) {
  const out = layers[layer]?.out;
  return out !== undefined && x < out[0] && y < out[1] && channel < out[2];
}
