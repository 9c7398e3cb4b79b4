// Lists a network's layers with their outputs and parameters, and says how it is trained.

import { make } from "./dom.js";
import { count, size } from "../words/numbers.js";
import { family } from "../words/layer_text.js";
import { trainerText } from "../words/trainer_text.js";

/** @import { LayerInfo, SpecSummary } from "../server/protocol.js" */

/**
 * @param {SpecSummary} summary  a session message is one too
 * @param {(line: number) => void} go  to a layer's line in the text
 * @returns {HTMLElement[]}
 */
export function layerTable({ layers, parameters, trainer }, go) {
  const head = make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "layer"), make("th", { scope: "col" }, "output"), make("th", { scope: "col", class: "number" }, "parameters")));
  const body = make("tbody", {}, ...layers.map((layer) => layerRow(layer, go)));
  const foot = make("tfoot", {}, make("tr", {}, make("th", { scope: "row", colspan: 2 }, "total"), make("td", { class: "number" }, count(parameters))));
  return [
    make("table", { class: "spec-table" }, make("caption", { class: "hidden-text" }, "Layers of the network"), head, body, foot),
    make("p", { class: "hint" }, trainerText(trainer)),
  ];
}

/** @param {LayerInfo} layer @param {(line: number) => void} go */
function layerRow({ type, out, parameters, line }, go) {
  const name = make("button", { type: "button", class: "link", title: `line ${line}` }, type);
  name.addEventListener("click", () => go(line));
  return make("tr", { "data-family": family(type) }, make("td", {}, name), make("td", {}, size(out)), make("td", { class: "number" }, parameters ? count(parameters) : ""));
}
