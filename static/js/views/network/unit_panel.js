// Explains the unit that somebody has pinned, with numbers that move as the network learns.

import { DerivationView } from "../../maps/derivation_view.js";
import { byId, setText, showText } from "../../parts/dom.js";
import { formulaText, numberText } from "../../words/formula.js";
import { fieldsText, lossNames, lossText, madeText, passedText, placeText, termNames, unitTitle } from "../../words/unit_text.js";

/** @import { Derivation } from "../../maps/derivation_view.js" */
/** @import { Box } from "../../maps/receptive_field.js" */
/** @import { Unit } from "../../parts/pinned_unit.js" */
/** @import { SessionMessage } from "../../server/protocol.js" */
/** @import { Context } from "../../view_context.js" */

/** @typedef {Derivation & {value: number}} Valued */

/**
 * The answer to an inquiry about a unit; the other side is server/training_process/inspectors/unit.py.
 * @typedef {object} Explanation
 * @property {number} step
 * @property {number} value
 * @property {Derivation} forward
 * @property {Valued | null} after
 * @property {number | null} gradient
 * @property {Derivation | null} backward
 * @property {Valued | null} loss
 * @property {Box[]} fields
 */

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

  const live = liveAnswer({
    element: panel,
    question: () => (pinned.unit ? { about: "unit", ...pinned.unit } : null),
    show: (answer) => {
      const { session } = store.state;
      if (!session || !pinned.unit) return;
      const found = /** @type {any} */ (answer);
      showForward(forward, found, pinned.unit, session);
      showBackward(backward, found, pinned.unit, session);
      panel.dataset.step = String(answer.step);
      showText(problem, "");
    },
    fail: (message) => showText(problem, message),
  });
  const open = () => {
    const { session } = store.state;
    const { unit } = pinned;
    panel.hidden = !unit || !session;
    if (!unit || !session) return;
    setText(heading, unitTitle(session.layers, session.dataset.classes, unit));
    live.again();
  };
  pinned.onChange(open);
  store.subscribe(["session"], open);
  byId("unit_close", HTMLButtonElement).addEventListener("click", () => pinned.pin(null));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") pinned.pin(null);
  });
}

/** @param {DerivationView} view @param {Explanation} found @param {Unit} unit @param {SessionMessage} session */
function showForward(view, { value, forward, after, fields }, unit, session) {
  const { type } = session.layers[unit.layer];
  view.show(value, forward, {
    about: `${madeText(type)} ${fieldsText(unit.layer, fields)}`.trim(),
    names: termNames(type, false),
    nameOf: namesIn(session),
    more: after ? `${session.layers[unit.layer + 1].type}: ${formulaText(after.formula, after.numbers)} = ${numberText(after.value)}` : "",
  });
}

/** @param {DerivationView} view @param {Explanation} found @param {Unit} unit @param {SessionMessage} session */
function showBackward(view, { gradient, backward, loss }, unit, session) {
  const nameOf = namesIn(session);
  if (gradient !== null && backward) {
    const { type } = session.layers[unit.layer + 1];
    view.show(gradient, backward, { about: passedText(type), names: termNames(type, true), nameOf });
  } else if (loss) {
    const { type } = session.layers[unit.layer];
    view.show(loss.value, loss, { about: lossText(type), names: lossNames(type), nameOf });
  } else {
    view.none("None: the true class of this image is unknown.");
  }
}

/** Names a layer's units. @param {SessionMessage} session @returns {(layer: number, place: {channel: number, y: number, x: number}) => string} */
function namesIn({ layers, dataset }) {
  return (layer, place) => placeText(layers[layer], dataset.classes, place);
}
