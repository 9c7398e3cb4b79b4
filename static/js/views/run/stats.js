// Shows the run's numbers, labeled as in the original, and some that it did not have.

import { byId, make, setText } from "../../parts/dom.js";
import { count, fixed, milliseconds, percent, seconds, trimmed } from "../../words/numbers.js";
import { isScheduled, SETTING_LABELS } from "../../words/trainer_text.js";

/** @import { Context } from "../../view_context.js" */
/** @import { StatsMessage } from "../../server/protocol.js" */

/**
 * Each line: key, label, and how its value is written.
 * @type {[string, string, (stats: StatsMessage) => string][]}
 */
const LINES = [
  ["forward_ms", "Forward time per example", (s) => milliseconds(s.forward_ms)],
  ["backward_ms", "Backprop time per example", (s) => milliseconds(s.backward_ms)],
  ["loss", "Classification loss", (s) => fixed(s.loss, 5)],
  ["decay_loss", "L2 Weight decay loss", (s) => fixed(s.decay_loss, 5)],
  ["train_accuracy", "Training accuracy", (s) => fixed(s.train_accuracy, 2)],
  ["validation_accuracy", "Validation accuracy", (s) => fixed(s.validation_accuracy, 2)],
  ["learning_rate", `${SETTING_LABELS.learning_rate} now`, (s) => trimmed(s.learning_rate, 6)],
  ["examples", "Examples seen", (s) => String(s.examples)],
  ["examples_per_second", "Examples per second", (s) => count(s.examples_per_second)],
  ["step_seconds", "Time per step", (s) => seconds(s.step_seconds)],
  ["epoch", "Epoch", (s) => fixed(s.epoch, 2)],
  ["test", "Full test accuracy", (s) => fixed(s.test?.accuracy, 4)],
];

/** A step that takes longer than this many seconds looks like a standstill: the page says how long it takes. */
const LONG_STEP = 1;

/** @type {Record<string, (stats: StatsMessage) => string>} */
const FIGURES = {
  examples: (s) => count(s.examples),
  loss: (s) => fixed(s.loss, 3),
  validation_accuracy: (s) => percent(s.validation_accuracy),
  test: (s) => percent(s.test?.accuracy, 2),
};

/** @param {StatsMessage | null} stats */
function testNote(stats) {
  if (!stats?.test) return "";
  return `${count(stats.test.examples)} images, center crop, as of ${count(stats.test.at_examples)} examples`;
}

/** @param {Context} context */
export function showStats({ store }) {
  const list = byId("trainstats", HTMLElement);
  const values = LINES.map(([key]) => make("dd", { "data-stat": key }, "–"));
  const rows = LINES.map(([, label], i) => make("div", {}, make("dt", {}, `${label}: `), values[i]));
  list.append(...rows);
  const [rate, step] = ["learning_rate", "step_seconds"].map((name) => rows[LINES.findIndex(([key]) => key === name)]);
  const note = make("p", { class: "hint", id: "test_note" });
  list.after(note);
  const figures = [...document.querySelectorAll("[data-figure]")].filter((e) => e instanceof HTMLElement);

  store.subscribe(["session"], ({ session }) => {
    rate.hidden = !session || !isScheduled(session.trainer); // otherwise the field below shows it
  });
  store.subscribe(["stats"], ({ stats }) => {
    document.body.dataset.step = String(stats?.step ?? 0);
    document.body.dataset.examples = String(stats?.examples ?? 0);
    for (const [i, [, , write]] of LINES.entries()) setText(values[i], stats ? write(stats) : trimmed(null));
    step.hidden = !(Number(stats?.step_seconds) >= LONG_STEP);
    setText(note, testNote(stats));
    for (const figure of figures) {
      const write = FIGURES[figure.dataset.figure ?? ""];
      setText(figure, stats && write ? write(stats) : trimmed(null));
    }
  });
}
