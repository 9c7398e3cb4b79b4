// Lets people choose how the graphs are drawn, and remembers it like the theme.

import { remember, remembered } from "../parts/remembered.js";
import { byId, setText } from "../parts/dom.js";

const LOG = "graph-log";
const SMOOTHING = "graph-smoothing";

/**
 * Writes the settings into `look`, now and whenever they change.
 * @param {{log: boolean, weight: number}} look
 * @param {object} changed
 * @param {() => void} changed.log
 * @param {() => void} changed.weight
 */
export function readGraphSettings(look, changed) {
  const weight = byId("smoothing", HTMLInputElement);
  const shown = byId("smoothing_value", HTMLOutputElement);
  const log = byId("logscale", HTMLInputElement);
  const readWeight = () => {
    look.weight = Number(weight.value);
    setText(shown, look.weight.toFixed(2));
    changed.weight();
  };
  const readLog = () => {
    look.log = log.checked;
    changed.log();
  };
  weight.addEventListener("input", () => {
    readWeight();
    remember(SMOOTHING, weight.value);
  });
  log.addEventListener("change", () => {
    readLog();
    remember(LOG, String(log.checked));
  });
  // What is remembered counts, not what the browser may have kept of the form across a reload.
  log.checked = remembered(LOG) === "true";
  const kept = remembered(SMOOTHING);
  weight.value = kept !== null && Number.isFinite(Number(kept)) ? kept : weight.defaultValue;
  readLog();
  readWeight();
}
