// Holds all that the page knows, in one object; views are told, once a frame, which slices changed.

import { sameExample } from "./words/example_text.js";

/** @import * as P from "./server/protocol.js" */

/** @typedef {"connecting" | "open" | "reconnecting" | "stale" | "gone"} Phase */

/** @typedef {{examples: number, accuracy: number, images: number, confusion: number[]}} FullTest */

/**
 * The graph of one run. Column entries with equal index belong together.
 * @typedef {object} Points
 * @property {number} from  index of the first point that is still shown (`clear graph` raises it)
 * @property {number[]} examples
 * @property {(number | null)[]} loss
 * @property {(number | null)[]} decay_loss
 * @property {(number | null)[]} train_accuracy
 * @property {(number | null)[]} validation_accuracy
 * @property {number} firstTest  index of the first full test that is still shown
 * @property {FullTest[]} tests  from there on
 */

/**
 * Which example the cards show, the newest pictures by layer, and the layers whose pictures came
 * since the views last looked.
 * @typedef {Omit<P.LayersMessage, "type" | "run_id" | "layers"> & {maps: Map<number, P.LayerMaps>, fresh: Set<number>}} Layers
 */

/** @typedef {{id: number, level: "info" | "warning" | "error", message: string}} Notice */

/**
 * @typedef {object} State
 * @property {Phase} connection
 * @property {number} run  the run that is shown; messages of earlier ones are discarded
 * @property {P.SessionMessage | null} session
 * @property {P.StatsMessage | null} stats
 * @property {Points} points
 * @property {number | null} compared  the full test, by its examples, from which differences are shown
 * @property {Layers | null} layers
 * @property {P.PredictionsMessage[]} predictions  newest first, bounded
 * @property {P.AddedMessage | null} added  what the network takes the added pictures for
 * @property {P.DatasetMessage | null} dataset
 * @property {P.SavedMessage | null} saved
 * @property {number} spectators  how many watch now
 * @property {Notice[]} notices
 */

/** @typedef {Exclude<keyof State, "run">} Slice */

/** @type {P.CurveName[]} */
export const CURVES = ["loss", "decay_loss", "train_accuracy", "validation_accuracy"];
/** Rounds of test predictions kept: as many as the page shows cards for. */
export const KEPT_ROUNDS = 12;
const KEPT_NOTICES = 5;

/** @returns {Points} */
function noPoints() {
  return {
    from: 0, examples: [], loss: [], decay_loss: [], train_accuracy: [], validation_accuracy: [],
    firstTest: 0, tests: [],
  };
}

export class Store {
  /** @param {(callback: () => void) => void} schedule  runs the callback at the next frame */
  constructor(schedule) {
    /** @type {State} */
    this.state = {
      connection: "connecting", run: -1, session: null, stats: null, points: noPoints(), compared: null,
      layers: null, predictions: [], added: null, dataset: null, saved: null, spectators: 0, notices: [],
    };
    this.schedule = schedule;
    /** @type {Map<Slice, Set<(state: State) => void>>} */
    this.subscribers = new Map();
    /** @type {Set<Slice>} */
    this.changed = new Set();
    this.firstSessionMessage = true;
    this.gap = false;
    this.noticeId = 0;
  }

  /**
   * Calls `view` at the next frame, and then once in each frame in which one of the slices changed.
   * @param {Slice[]} slices
   * @param {(state: State) => void} view
   */
  subscribe(slices, view) {
    for (const slice of slices) {
      const views = this.subscribers.get(slice) ?? new Set();
      this.subscribers.set(slice, views.add(view));
      this.touch(slice);
    }
  }

  /** @param {Slice} slice */
  touch(slice) {
    if (this.changed.size === 0) this.schedule(() => this.flush());
    this.changed.add(slice);
  }

  flush() {
    /** @type {Set<(state: State) => void>} */
    const views = new Set();
    for (const slice of this.changed) {
      for (const view of this.subscribers.get(slice) ?? []) views.add(view);
    }
    this.changed.clear();
    for (const view of views) view(this.state);
  }

  /** @param {Phase} phase */
  setConnection(phase) {
    if (phase !== "open") this.firstSessionMessage = true;
    if (this.state.connection === phase) return;
    this.state.connection = phase;
    this.touch("connection");
  }

  /** @param {P.Message} message */
  apply(message) {
    if (message.type === "session") return this.applySession(message);
    if ("run_id" in message && !this.isCurrent(message.run_id)) return undefined;
    switch (message.type) {
      case "stats": return this.keep("stats", message);
      case "points": return this.applyPoints(message);
      case "tests": return this.applyTests(message);
      case "layers": return this.applyLayers(message);
      case "predictions": return this.applyPredictions(message);
      case "added": return this.keep("added", message);
      case "dataset": return this.keep("dataset", message);
      case "saved": return this.keep("saved", message);
      case "spectators": return this.countSpectators(message.count);
      case "notice": return this.addNotice(message.level, message.message);
      default: return undefined;
    }
  }

  /** @param {P.SessionMessage} message */
  applySession(message) {
    const { state } = this;
    const other = state.session !== null && state.session.session !== message.session;
    // The first session message on a new connection holds, even if a restarted server counts from 1.
    if (message.run_id < state.run && !this.firstSessionMessage && !other) return;
    // A server that has seen no spectators does not mention them.
    if (this.firstSessionMessage) this.countSpectators(0);
    this.firstSessionMessage = false;
    if (message.run_id !== state.run || other) this.beginRun(message.run_id);
    state.session = message;
    this.touch("session");
  }

  /** Forgets what belongs to earlier runs. @param {number} run */
  beginRun(run) {
    const { state } = this;
    state.run = run;
    state.stats = null;
    state.points = noPoints();
    state.compared = null;
    state.layers = null;
    state.predictions = [];
    state.added = null;
    state.saved = null;
    this.gap = false;
    for (const slice of /** @type {const} */ (["stats", "points", "compared", "layers", "predictions", "added", "saved"])) {
      this.touch(slice);
    }
  }

  /** @param {number} run */
  isCurrent(run) {
    if (run > this.state.run) this.beginRun(run);
    return run === this.state.run;
  }

  /** @param {number} count */
  countSpectators(count) {
    this.state.spectators = count;
    this.touch("spectators");
  }

  /** @template {Slice} S @param {S} slice @param {State[S]} value */
  keep(slice, value) {
    this.state[slice] = value;
    this.touch(slice);
  }

  /** @param {P.PointsMessage} message */
  applyPoints(message) {
    const { points } = this.state;
    const known = points.examples.length;
    if (message.first > known) {
      this.gap = true;
      return;
    }
    if (message.first < known) this.rewind(message);
    points.examples.push(...message.examples);
    for (const name of CURVES) points[name].push(...message[name]);
    points.from = Math.min(points.from, points.examples.length);
    this.touch("points");
  }

  /** A run that goes on from a checkpoint draws its graph anew from there. @param {P.PointsMessage} message */
  rewind({ first, examples }) {
    const { points } = this.state;
    for (const column of [points.examples, ...CURVES.map((name) => points[name])]) column.length = first;
    points.tests = points.tests.filter((test) => test.examples <= examples[0]);
  }

  /** @param {P.TestsMessage} message */
  applyTests(message) {
    const { points } = this.state;
    if (message.first > this.lastTest + 1) {
      this.gap = true;
      return;
    }
    // As with points: what is here from that index on is void.
    points.firstTest = Math.min(points.firstTest, message.first);
    points.tests.length = message.first - points.firstTest;
    for (const [i, examples] of message.examples.entries()) {
      points.tests.push({ examples, accuracy: message.accuracy[i], images: message.images[i], confusion: message.confusion[i] });
    }
    this.touch("points");
  }

  /** What to ask for when points are missing. */
  get lastPoint() {
    return this.state.points.examples.length - 1;
  }

  /** And when full tests are. */
  get lastTest() {
    return this.state.points.firstTest + this.state.points.tests.length - 1;
  }

  /** Whether points or full tests were found missing since this was last asked. */
  takeGap() {
    const { gap } = this;
    this.gap = false;
    return gap;
  }

  /** @param {number | null} examples  of the full test from which differences are shown */
  compareWith(examples) {
    this.state.compared = examples;
    this.touch("compared");
  }

  clearGraph() {
    const { points } = this.state;
    points.from = points.examples.length;
    points.firstTest = this.lastTest + 1;
    points.tests = [];
    this.touch("points");
  }

  /** @param {P.LayersMessage} message */
  applyLayers(message) {
    const before = this.state.layers;
    const same = before !== null && sameExample(before, message);
    const maps = same ? before.maps : new Map();
    const fresh = same ? before.fresh : new Set();
    for (const layer of message.layers) {
      maps.set(layer.index, layer);
      fresh.add(layer.index);
    }
    const { step, source, index, pinned, label } = message;
    this.state.layers = { step, source, index, pinned, label, maps, fresh };
    this.touch("layers");
  }

  /** @param {P.PredictionsMessage} message */
  applyPredictions(message) {
    const kept = this.state.predictions;
    if (kept.some((round) => round.round === message.round)) return;
    this.state.predictions = [message, ...kept].slice(0, KEPT_ROUNDS);
    this.touch("predictions");
  }

  /**
   * @param {Notice["level"]} level
   * @param {string} message
   */
  addNotice(level, message) {
    const others = this.state.notices.filter((notice) => notice.message !== message);
    this.noticeId += 1;
    this.state.notices = [...others, { id: this.noticeId, level, message }].slice(-KEPT_NOTICES);
    this.touch("notices");
  }

  /** @param {number} id */
  dismissNotice(id) {
    this.state.notices = this.state.notices.filter((notice) => notice.id !== id);
    this.touch("notices");
  }
}
