// Draws the two graphs: losses, and accuracies, over the examples seen.

import { byId, make, setText } from "../../parts/dom.js";
import { makeSpeaker } from "../../parts/speech.js";
import { POINT_COVERS } from "../../words/coverage.js";
import { accuracy, count, loss } from "../../words/numbers.js";
import { changeText } from "../../words/trainer_text.js";
import { accuracyAxis, lossAxis } from "../../graphs/axes.js";
import { moveByKeys } from "../../graphs/graph_keys.js";
import { readGraphSettings } from "../../graphs/graph_settings.js";
import { pickTests } from "../../graphs/pick_tests.js";
import { makePlot } from "../../graphs/plot.js";
import { ceilingOf, decimate, extentOf, lowerBound, nearest, smooth, withDots } from "../../graphs/series.js";

/** @import { Context } from "../../view_context.js" */
/** @import { Axis } from "../../graphs/axes.js" */
/** @import { Curve, Mark, Range } from "../../graphs/plot.js" */
/** @import { CurveName } from "../../server/protocol.js" */
/** @import { State } from "../../store.js" */

/** The graphs are redrawn no more often than this. */
const REDRAW_MS = 250;

/**
 * @typedef {object} Line
 * @property {CurveName | "tests"} name
 * @property {string} label
 * @property {string} color
 * @property {boolean} [dashed]
 * @property {(examples: number) => number} [covers]  images, by a point after so many examples
 */
/**
 * @typedef {object} Graph
 * @property {string} id
 * @property {(log: boolean, ceiling: () => number) => Axis} axis
 * @property {(value: number | null, covers: number) => string} write
 * @property {Line[]} lines
 */

/** @type {Graph[]} */
const GRAPHS = [
  {
    id: "loss",
    axis: lossAxis,
    write: loss,
    lines: [
      { name: "loss", label: "classification", color: "--curve-loss" },
      { name: "decay_loss", label: "L2 weight decay", color: "--curve-decay", dashed: true },
    ],
  },
  {
    id: "accuracy",
    axis: accuracyAxis,
    write: accuracy,
    lines: [
      { name: "train_accuracy", label: "training", color: "--curve-train", dashed: true, covers: POINT_COVERS.train_accuracy },
      { name: "validation_accuracy", label: "validation", color: "--curve-validation", covers: POINT_COVERS.validation_accuracy },
      { name: "tests", label: "full test", color: "--curve-test" },
    ],
  },
];

/**
 * What both graphs share.
 * @typedef {object} Look
 * @property {Range | null} zoom
 * @property {boolean} log
 * @property {number} weight
 * @property {number | null} hover  where the cursor is
 * @property {number | null} pinned  where the keyboard has put it
 */

/** @param {Context} context */
export function showCharts({ store }) {
  /** @type {Look} */
  const look = { zoom: null, log: false, weight: 0.6, hover: null, pinned: null };
  const reset = byId("resetzoom", HTMLButtonElement);
  const graphs = GRAPHS.map((graph) => new GraphView(graph, look, store.state, {
    /** @param {Range | null} zoom */
    onZoom(zoom) {
      look.zoom = zoom;
      reset.hidden = zoom === null;
      redraw();
    },
    /** @param {number | null} x */
    onHover(x) {
      look.hover = look.pinned ?? x;
      for (const view of graphs) view.showLegend();
    },
  }));
  /** @param {number | null} x */
  const pin = (x) => {
    look.pinned = x;
    for (const view of graphs) view.moveCursor(x);
  };
  const say = makeSpeaker(byId("spoken", HTMLElement));
  for (const view of graphs) {
    view.place.addEventListener("pointermove", ({ movementX, movementY }) => {
      if (movementX || movementY) look.pinned = null; // else the page was scrolled under a resting mouse
    });
    moveByKeys(view.place, {
      xs: () => view.inSight(),
      at: () => look.hover,
      go(x) {
        pin(x);
        if (x !== null) say(view.words());
      },
    });
  }
  const accuracies = graphs.find((view) => view.isAccuracy);
  if (accuracies) pickTests(accuracies, (examples) => {
    store.compareWith(examples);
    say(`The confusion matrix shows the difference from ${count(examples)} examples.`);
  });
  let drawnAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;
  const redraw = () => {
    clearTimeout(later);
    later = undefined;
    drawnAt = performance.now();
    for (const view of graphs) view.draw();
    // Its place has changed with the axis, which uPlot lays out in a microtask.
    if (look.pinned !== null) queueMicrotask(() => pin(look.pinned));
  };
  store.subscribe(["points", "session"], ({ points }) => {
    if (points.examples.length === points.from) look.zoom = null;
    reset.hidden = look.zoom === null;
    later ??= setTimeout(redraw, Math.max(0, drawnAt + REDRAW_MS - performance.now()));
  });

  const rebuild = () => {
    for (const view of graphs) view.rebuild();
  };
  document.documentElement.addEventListener("themechange", rebuild);
  reset.addEventListener("click", () => {
    look.zoom = null;
    reset.hidden = true;
    redraw();
  });
  byId("cleargraph", HTMLButtonElement).addEventListener("click", () => store.clearGraph());
  readGraphSettings(look, { log: rebuild, weight: redraw });
}

class GraphView {
  /**
   * @param {Graph} graph
   * @param {Look} look
   * @param {State} state
   * @param {{onZoom: (zoom: Range | null) => void, onHover: (x: number | null) => void}} hooks
   */
  constructor(graph, look, state, hooks) {
    this.graph = graph;
    this.look = look;
    this.state = state;
    this.hooks = hooks;
    this.place = byId(`${graph.id}graph`, HTMLElement);
    /** @type {Range} */
    this.extent = { min: 0, max: 1 };
    this.ceiling = Infinity;
    this.legend = graph.lines.map(({ label, color, dashed, name }) => {
      const swatch = make("span", { class: `swatch swatch-${name === "tests" ? "dot" : dashed ? "dashed" : "line"}` });
      swatch.style.color = `var(${color})`;
      const value = make("span", { class: "legend-value" });
      byId(`${graph.id}legend`, HTMLElement).append(make("span", { class: "legend-item" }, swatch, `${label} `, value));
      return value;
    });
    this.at = make("span", { class: "legend-at" });
    byId(`${graph.id}legend`, HTMLElement).append(this.at);
    this.axis = this.makeAxis();
    this.plot = this.makePlot();
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = this.place;
      if (width > 0 && (width !== this.plot.width || height !== this.plot.height)) {
        this.plot.setSize({ width, height });
        this.draw();
      }
    }).observe(this.place);
  }

  get isAccuracy() {
    return this.graph.id === "accuracy";
  }

  points() {
    return this.state.points;
  }

  /** Only losses run out of the picture when they diverge. */
  divergences() {
    return this.isAccuracy ? [] : (this.state.session?.divergences ?? []);
  }

  /** What happened to the run, as far as its graph is not cleared; ascending. @returns {Mark[]} */
  marks() {
    const diverged = this.divergences().map(({ examples }) => ({ x: examples, label: `diverged at ${count(examples)} examples`, kind: /** @type {const} */ ("divergence") }));
    const changes = this.state.session?.trainer_changes ?? [];
    const { examples, from } = this.points();
    const since = examples[from - 1] ?? -1;
    const marks = [...changes.map((change) => ({ x: change.examples, label: changeText(change.changes), kind: /** @type {const} */ ("change") })), ...diverged];
    return marks.filter(({ x }) => x >= since).sort((a, b) => a.x - b.x);
  }

  makeAxis() {
    return this.graph.axis(this.look.log, () => this.ceiling);
  }

  makePlot() {
    const curves = this.graph.lines.flatMap(curvesOf);
    return makePlot({ curves, axis: this.axis, extent: () => this.extent, marks: () => this.marks(), ...this.hooks }, this.place);
  }

  rebuild() {
    this.plot.destroy();
    this.axis = this.makeAxis();
    this.plot = this.makePlot();
    this.draw();
  }

  draw() {
    const points = this.points();
    const xs = points.examples.slice(points.from);
    this.extent = this.look.zoom ?? extentOf(xs, points.from > 0, this.marks().at(-1)?.x);
    const divergences = this.divergences();
    // What led to a divergence says nothing about the weights that were restored.
    const anew = new Set(divergences.map(({ examples }) => lowerBound(xs, examples + 1)));
    const columns = this.graph.lines.flatMap(({ name }) => {
      if (name === "tests") return [];
      const raw = points[name].slice(points.from);
      return [raw, smooth(raw, this.look.weight, anew)].map((column) => column.map((value) => this.toAxis(value)));
    });
    const thin = decimate(xs, columns, this.extent.min, this.extent.max, Math.max(this.plot.width * 2, 200));
    this.ceiling = divergences.length > 0 ? ceilingOf(thin.columns.filter((_, i) => i % 2 === 0)) : Infinity;
    const rows = this.isAccuracy ? withDots(thin, this.testsInSight()) : thin;
    this.plot.setData([rows.xs, ...rows.columns]);
    this.showLegend();
  }

  /** @param {number | null} value */
  toAxis(value) {
    return this.axis.place(value);
  }

  /** The dots of the full tests. */
  testsInSight() {
    const { min, max } = this.extent;
    const inSight = this.points().tests.filter(({ examples }) => examples >= min && examples <= max);
    return inSight.map(({ examples, accuracy }) => ({ x: examples, y: this.toAxis(accuracy) }));
  }

  /** The points in sight. */
  inSight() {
    const { min, max } = this.extent;
    const { examples, from } = this.points();
    return examples.slice(from).filter((x) => x >= min && x <= max);
  }

  /** @param {number | null} x  null takes it away */
  moveCursor(x) {
    this.plot.setCursor({ left: x === null ? -10 : this.plot.valToPos(x, "x"), top: 0 });
  }

  /** What the legend says, in a sentence. */
  words() {
    const values = this.graph.lines.map(({ label }, i) => `${label} ${this.legend[i].textContent}`);
    return `${this.at.textContent}: ${values.join(", ")}`;
  }

  /** Values under the pointer, else the newest. */
  showLegend() {
    const points = this.points();
    const { hover } = this.look;
    const hovering = hover !== null && points.examples.length > points.from;
    const at = hovering ? nearest(points.examples, hover) : points.examples.length - 1;
    const { tests } = points;
    const examples = points.examples[at] ?? 0;
    const test = hovering ? tests.findLast((each) => each.examples <= hover) : tests.at(-1);
    for (const [i, { name, covers }] of this.graph.lines.entries()) {
      const value = name === "tests" ? test?.accuracy : points[name][at];
      const images = name === "tests" ? test?.images : covers?.(examples);
      setText(this.legend[i], at < points.from ? "" : this.graph.write(value ?? null, images ?? 0));
    }
    setText(this.at, hovering ? `at ${count(examples)} examples` : "");
  }
}

/** A line over its faint raw values; tests are dots. @param {Line} line @returns {Curve[]} */
function curvesOf({ name, color, dashed }) {
  if (name === "tests") return [{ color, style: "dots" }];
  return [{ color, style: "raw" }, { color, style: "line", dashed }];
}
