// Chooses a full test on the accuracy graph: by a click on its dot, or with Enter where the keyboard's cursor is.

/** @import uPlot from "uplot" */

/** How near to a dot a click means it, in CSS pixels. */
const NEAR = 10;

/**
 * @typedef {object} Graph
 * @property {HTMLElement} place
 * @property {uPlot} plot
 * @property {{hover: number | null}} look
 * @property {() => {x: number, y: number | null}[]} testsInSight  ascending, as they are drawn
 */

/** @param {Graph} graph @param {(examples: number) => void} choose */
export function pickTests(graph, choose) {
  graph.place.addEventListener("click", ({ clientX, clientY }) => {
    const { left, top } = graph.plot.over.getBoundingClientRect();
    const near = graph.testsInSight().map(({ x, y }) => {
      const aside = graph.plot.valToPos(x, "x") + left - clientX;
      return { x, distance: Math.hypot(aside, graph.plot.valToPos(y ?? NaN, "y") + top - clientY) };
    }).filter(({ distance }) => distance <= NEAR);
    const [first] = near.sort((a, b) => a.distance - b.distance);
    if (first) choose(first.x);
  });
  graph.place.addEventListener("keydown", ({ key }) => {
    const { hover } = graph.look;
    if (key !== "Enter" || hover === null) return;
    // The one whose accuracy the legend says there.
    const test = graph.testsInSight().findLast(({ x }) => x <= hover);
    if (test) choose(test.x);
  });
}
