// Wraps uPlot: one graph over examples seen, with zoom and hover left to its owner.

import uPlot from "uplot";
import { make } from "../parts/dom.js";
import { thousands } from "../words/numbers.js";

/** @import { Axis } from "./axes.js" */

/**
 * @typedef {object} Curve
 * @property {string} color  name of a CSS custom property
 * @property {"raw" | "line" | "dots"} style
 * @property {boolean} [dashed]
 */

/** @typedef {{min: number, max: number}} Range */

/**
 * A divergence shows its label always, a change where the cursor is near.
 * @typedef {{x: number, label: string, kind: "divergence" | "change"}} Mark
 */

/**
 * @typedef {object} PlotOptions
 * @property {Curve[]} curves
 * @property {Axis} axis  the upright one
 * @property {() => Range} extent  of the horizontal axis
 * @property {() => Mark[]} marks  events along the horizontal axis
 * @property {(zoom: Range | null) => void} onZoom
 * @property {(x: number | null) => void} onHover
 */

/** Size of the axes' letters, in the root's. */
const LETTER = 0.75;
const SYNC = "graphs";
/** How near to a mark the cursor shows its label, in CSS pixels. */
const NEAR = 8;

/** @param {string} property @returns {string} */
function colorOf(property) {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

/** @param {Curve} curve @returns {uPlot.Series} */
function seriesOf({ color, style, dashed }) {
  const stroke = colorOf(color);
  if (style === "dots") {
    return { stroke, fill: stroke, paths: () => null, points: { show: true, size: 6, fill: stroke, width: 0 } };
  }
  const raw = style === "raw";
  return {
    stroke, alpha: raw ? 0.28 : 1, width: raw ? 1 : 1.75, points: { show: false }, spanGaps: true,
    ...(dashed ? { dash: [5, 3] } : {}),
  };
}

/** @param {Axis} axis @returns {uPlot.Axis[]} */
function axesOf(axis) {
  const root = getComputedStyle(document.documentElement);
  const letter = Math.round(parseFloat(root.fontSize) * LETTER); // uPlot reads whole pixels only
  const ink = colorOf("--graph-ink");
  const common = { stroke: ink, font: `${letter}px ${root.getPropertyValue("--sans")}`, grid: { stroke: colorOf("--graph-grid"), width: 1 }, ticks: { show: false } };
  return [
    { ...common, size: letter * 2, gap: letter * 0.35, space: letter * 5.5, values: (_, splits) => splits.map(thousands) },
    {
      ...common, size: letter * 4, gap: letter * 0.5, space: letter * 2.4,
      values: (_, splits) => splits.map((value) => (value === null ? "" : axis.label(value))),
      ...(axis.ticks ? { splits: (/** @type {uPlot} */ plot) => ticksOf(plot, axis) } : {}),
    },
  ];
}

/** @param {uPlot} plot @param {Axis} axis */
function ticksOf(plot, axis) {
  const { min, max } = plot.scales.y;
  return axis.ticks?.(min ?? 0, max ?? 1) ?? [];
}

/**
 * Vertical lines, each with a label on the side that has more room.
 * @param {uPlot} plot
 * @param {Mark[]} marks
 */
function showMarks(plot, marks) {
  for (const old of plot.over.querySelectorAll(".mark-line")) old.remove();
  const width = plot.over.clientWidth;
  for (const { x, label, kind } of marks) {
    const left = plot.valToPos(x, "x");
    if (!(left >= 0 && left <= width)) continue;
    const line = make("div", { class: "mark-line", "data-kind": kind, "data-x": x, "data-side": left > width / 2 ? "left" : "right" }, make("span", {}, label));
    line.style.left = `${left}px`;
    plot.over.append(line);
  }
  nameMarks(plot);
}

/**
 * Has those marks show their labels, one below the other, that the cursor is near or whose nearest point it is at.
 * @param {uPlot} plot
 */
function nameMarks(plot) {
  const { left, idx } = plot.cursor;
  const here = left !== undefined && left >= 0;
  let below = 0;
  for (const line of plot.over.querySelectorAll(".mark-line")) {
    if (!(line instanceof HTMLElement)) continue;
    const x = Number(line.dataset.x);
    const near = here && (Math.abs(plot.valToPos(x, "x") - left) <= NEAR || plot.valToIdx(x) === idx);
    line.classList.toggle("near", near);
    const label = line.firstElementChild;
    if (!near || line.dataset.kind !== "change" || !(label instanceof HTMLElement)) continue;
    label.style.marginTop = `${below}px`;
    below += label.offsetHeight;
  }
}

/** @param {PlotOptions} options @param {HTMLElement} place @returns {uPlot} */
export function makePlot(options, place) {
  /** @param {uPlot} plot */
  const selected = (plot) => {
    const { left, width } = plot.select;
    if (width < 4) return;
    options.onZoom({ min: plot.posToVal(left, "x"), max: plot.posToVal(left + width, "x") });
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  };
  return new uPlot({
    width: Math.max(place.clientWidth, 100),
    height: Math.max(place.clientHeight, 80),
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      sync: { key: SYNC, setSeries: false, scales: ["x", null] },
      points: { show: false },
      y: false,
      bind: { dblclick: () => () => { options.onZoom(null); return null; } },
    },
    hooks: {
      draw: [(plot) => showMarks(plot, options.marks())],
      setSelect: [selected],
      setCursor: [(plot) => {
        nameMarks(plot);
        const { left } = plot.cursor;
        options.onHover(left === undefined || left === null || left < 0 ? null : plot.posToVal(left, "x"));
      }],
    },
    scales: {
      x: { time: false, range: () => { const { min, max } = options.extent(); return [min, max]; } },
      y: { distr: options.axis.log ? 3 : 1, range: (_, low, high) => options.axis.range(low ?? 0, high ?? 1) },
    },
    axes: axesOf(options.axis),
    series: [{}, ...options.curves.map(seriesOf)],
  }, [[], ...options.curves.map(() => [])], place);
}
