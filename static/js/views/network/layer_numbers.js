// Puts a toggle into each layer's card that shows the layer in numbers, and a dialog that enlarges one.

import { byId, make, setText } from "../../parts/dom.js";
import { remember, remembered } from "../../parts/remembered.js";
import { LayerNumbers } from "../../graphs/layer_numbers.js";
import { drawChart } from "../../graphs/number_charts.js";
import { title } from "../../words/layer_text.js";

/** @import { Context } from "../../view_context.js" */
/** @import { Kind } from "../../graphs/layer_numbers.js" */

const REMEMBERED = "layer-numbers";
/** Between two questions, which go round the open cards on screen, and between two rounds in training. */
const AT_LEAST_MS = 100;
const ROUND_MS = 700;
const LARGEST = 900;

/** @param {Context} context */
export function showLayerNumbers({ store, liveAnswer }) {
  const place = byId("visnet", HTMLElement);
  const open = new Set((remembered(REMEMBERED) ?? "").split(",").filter(Boolean).map(Number));
  /** @type {Map<number, LayerNumbers>} */
  const panels = new Map();
  /** Layers on screen that are open, the next to be asked about first. @type {number[]} */
  let turn = [];
  let round = -Infinity;
  const visible = new Set();
  const dialog = makeDialog();

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const index = indexOf(target);
      if (isIntersecting) visible.add(index);
      else visible.delete(index);
    }
    begin();
  });
  const begin = () => {
    turn = [...visible].filter((index) => panels.get(index)?.element.open);
    round = performance.now();
    live.again();
  };
  const standing = () => store.state.session?.status !== "running";
  const done = () => {
    turn.shift();
    if (turn.length > 0) live.again();
  };
  const live = liveAnswer({
    element: place,
    atLeastMs: AT_LEAST_MS,
    question() {
      if (turn.length === 0 && (standing() || performance.now() - round >= ROUND_MS)) {
        turn = [...visible].filter((index) => panels.get(index)?.element.open);
        round = performance.now();
      }
      const panel = panels.get(turn[0]);
      if (!panel) return null;
      return { about: "layer_numbers", layer: turn[0], history: panel.history, after: panel.samples.at(-1)?.number ?? -1 };
    },
    show(answer) {
      const panel = panels.get(turn[0]);
      panel?.show(answer);
      if (panel) dialog.follow(panel);
      // The last step before a pause may have been too soon for a sample.
      if (!answer.current && standing()) live.again();
      else done();
    },
    fail(message) {
      panels.get(turn[0])?.fail(message);
      turn.shift();
    },
  });

  let signature = "";
  store.subscribe(["session"], ({ session, run }) => {
    const next = session && JSON.stringify([session.session, run, session.layers]);
    if (!session || !next || next === signature) return;
    signature = next;
    sight.disconnect();
    visible.clear();
    panels.clear();
    dialog.close();
    const parameters = session.layers.reduce((sum, layer) => sum + layer.parameters, 0);
    for (const card of place.querySelectorAll("article.layer")) {
      const layer = session.layers[indexOf(card)];
      const panel = new LayerNumbers(layer, parameters, open.has(layer.index));
      card.querySelector(".layer-numbers")?.remove();
      card.querySelector(".layer-text")?.append(panel.element);
      panels.set(layer.index, panel);
      panel.element.addEventListener("toggle", () => {
        if (panel.element.open) open.add(layer.index);
        else open.delete(layer.index);
        remember(REMEMBERED, open.size > 0 ? [...open].join() : null);
        begin();
      });
      panel.charts.addEventListener("click", (event) => {
        const button = event.target instanceof Element && event.target.closest("button");
        if (button instanceof HTMLElement) dialog.show(panel, /** @type {Kind} */ (button.dataset.number));
      });
      sight.observe(panel.element);
    }
  });
}

/** @param {Element} element  a card, or something in it */
function indexOf(element) {
  return Number(element.closest("article")?.dataset.index);
}

/** One chart of one layer, large; it moves on while it is open. */
function makeDialog() {
  const heading = make("h2", { id: "h_layer_number" });
  const said = make("p", {});
  const canvas = make("canvas", { "aria-hidden": "true" });
  const close = make("button", { type: "button" }, "close");
  const dialog = make("dialog", { id: "layer_number", class: "dialog number-dialog", "aria-labelledby": "h_layer_number", closedby: "any" },
    heading, said, canvas, make("div", { class: "buttons" }, close));
  document.body.append(dialog);
  close.addEventListener("click", () => dialog.close());
  /** @type {{panel: LayerNumbers, kind: Kind} | null} */
  let shown = null;
  const draw = () => {
    if (!shown || !dialog.open) return;
    const { panel, kind } = shown;
    setText(heading, `Layer ${panel.layer.index}, ${title(panel.layer)}`);
    setText(said, panel.describe(kind));
    drawChart(canvas, panel.chart(kind), { width: Math.min(LARGEST, window.innerWidth - 80), height: 320, large: true });
  };
  return {
    /** @param {LayerNumbers} panel @param {Kind} kind */
    show(panel, kind) {
      shown = { panel, kind };
      dialog.showModal();
      draw();
    },
    /** @param {LayerNumbers} panel */
    follow(panel) {
      if (shown?.panel === panel) draw();
    },
    close: () => dialog.close(),
  };
}
