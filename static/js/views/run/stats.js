// Shows the run's numbers, labeled as in the original, and some that it did not have.

import { byId, make, setText } from "../../parts/dom.js";
import { accuracy, count, fixed, loss, milliseconds, rate, seconds, trimmed, UNKNOWN } from "../../words/numbers.js";
import { isScheduled, SETTING_LABELS } from "../../words/trainer_text.js";

/** @import { Context } from "../../view_context.js" */
/** @import { StatsMessage } from "../../server/protocol.js" */

/**
 * @typedef {object} Line
 * @property {string} key
 * @property {string} label
 * @property {(stats: StatsMessage) => string} write
 * @property {(stats: StatsMessage) => string} [covers]  what the number is measured on
 * @property {string} [unknown]  why there may be no number
 */

const TOO_FEW = "Known once 20 examples were measured.";
/** A step that takes longer than this many seconds looks like a standstill: the page says how long it takes. */
const LONG_STEP = 1;
const NO_STATS = "No figures have come yet.";
const SPEED = "examples_per_second";

/** @type {Line[]} */
const LINES = [
  { key: "forward_ms", label: "Forward time per example", write: (s) => milliseconds(s.forward_ms), unknown: TOO_FEW },
  { key: "backward_ms", label: "Backprop time per example", write: (s) => milliseconds(s.backward_ms), unknown: TOO_FEW },
  { key: "loss", label: "Classification loss", write: (s) => loss(s.loss), unknown: TOO_FEW },
  { key: "decay_loss", label: "L2 Weight decay loss", write: (s) => loss(s.decay_loss), unknown: TOO_FEW },
  {
    key: "train_accuracy", label: "Training accuracy", unknown: TOO_FEW,
    write: (s) => accuracy(s.train_accuracy, s.train_count), covers: (s) => `last ${count(s.train_count)} examples`,
  },
  {
    key: "validation_accuracy", label: "Validation accuracy", unknown: TOO_FEW,
    write: (s) => accuracy(s.validation_accuracy, s.validation_count), covers: (s) => `last ${count(s.validation_count)} validation images`,
  },
  { key: "learning_rate", label: `${SETTING_LABELS.learning_rate} now`, write: (s) => trimmed(s.learning_rate, 6) },
  { key: "examples", label: "Examples seen", write: (s) => count(s.examples) },
  { key: SPEED, label: "Examples per second", write: (s) => rate(s.examples_per_second), unknown: "Measured while it trains." },
  { key: "step_seconds", label: "Time per step", write: (s) => seconds(s.step_seconds) },
  { key: "epoch", label: "Epoch", write: (s) => fixed(s.epoch, 2) },
  {
    key: "test", label: "Full test accuracy", unknown: "The network is tested on all test images now and then while it trains.",
    write: (s) => accuracy(s.test?.accuracy, s.test?.examples ?? 0), covers: (s) => `${count(s.test?.examples)} test images`,
  },
];

/** @param {StatsMessage | null} stats */
function testNote(stats) {
  return stats?.test ? `Full test with center crops, as of ${count(stats.test.at_examples)} examples.` : "";
}

/**
 * Shows a line's number wherever it stands.
 * @param {HTMLElement} value
 * @param {Line} line
 * @param {StatsMessage | null} stats
 * @param {boolean} [holds]  whether what the stats say of it is still so
 * @returns {string}  what the number covers, if anything
 */
function showLine(value, { write, covers, unknown = "" }, stats, holds = true) {
  const text = stats && holds ? write(stats) : UNKNOWN;
  const known = stats !== null && text !== UNKNOWN;
  const covered = known && covers ? covers(stats) : "";
  setText(value, text);
  setTitle(value, known ? covered : stats ? unknown : NO_STATS);
  return covered;
}

/** Sets a title only if it changed: some browsers close the one that is open. @param {HTMLElement} element @param {string} title */
function setTitle(element, title) {
  if (element.title !== title) element.title = title;
}

/** @param {Context} context */
export function showStats({ store }) {
  const list = byId("trainstats", HTMLElement);
  const rows = LINES.map((line) => {
    const value = make("dd", { "data-stat": line.key }, UNKNOWN);
    const covers = make("span", { class: "covers" });
    const row = make("div", {}, make("dt", {}, `${line.label}: `, covers), value);
    return { line, row, covers, value };
  });
  list.append(...rows.map(({ row }) => row));
  const [learningRate, step] = ["learning_rate", "step_seconds"].map((key) => rows.find(({ line }) => line.key === key)?.row);
  const note = make("p", { class: "hint", id: "test_note" });
  list.after(note);
  // The header repeats some of them.
  const figures = rows.flatMap(({ line }) => {
    const place = document.querySelector(`[data-figure="${line.key}"]`);
    return place instanceof HTMLElement ? [{ line, place }] : [];
  });

  store.subscribe(["session"], ({ session }) => {
    if (learningRate) learningRate.hidden = !session || !isScheduled(session.trainer); // otherwise the field below shows it
  });
  store.subscribe(["stats", "session"], ({ stats, session }) => {
    /** A run that has failed or stands is not as fast as its last stats say. @param {Line} line */
    const holds = ({ key }) => key !== SPEED || session?.status === "running";
    document.body.dataset.step = String(stats?.step ?? 0);
    document.body.dataset.examples = String(stats?.examples ?? 0);
    for (const { line, value, covers } of rows) setText(covers, showLine(value, line, stats, holds(line)));
    if (step) step.hidden = !(Number(stats?.step_seconds) >= LONG_STEP);
    setText(note, testNote(stats));
    for (const figure of figures) showLine(figure.place, figure.line, stats, holds(figure.line));
  });
}
