// Names a trainer's settings, and says in words how a network is trained.

import { count } from "./numbers.js";

/** All options of a trainer. @typedef {Record<string, string | number>} Trainer */

/** Labels of the settings that can be changed while training runs, in the page's order. */
export const SETTING_LABELS = {
  learning_rate: "Learning rate",
  momentum: "Momentum",
  batch_size: "Batch size",
  l2_decay: "Weight decay",
  method: "Method",
};

/** A setting's label within a sentence. @param {keyof typeof SETTING_LABELS} setting */
export function settingName(setting) {
  return SETTING_LABELS[setting].toLowerCase();
}

/**
 * What to say beside a setting that does nothing with the trainer's method; empty where it does something.
 * @param {string} setting
 * @param {{trainer: Trainer, unused_options: string[]}} session
 */
export function unusedText(setting, { trainer, unused_options }) {
  return unused_options.includes(setting) ? `no effect with ${trainer.method}` : "";
}

/** Whether the learning rate changes by itself; adadelta has none. @param {Trainer} trainer */
export function isScheduled({ method, schedule, warmup_examples }) {
  return method !== "adadelta" && (schedule !== "constant" || Number(warmup_examples) > 0);
}

/**
 * What keeps the method's divisions finite, as in "eps 1e-6"; empty where it has none. It has no field of its own.
 * @param {Trainer} trainer
 */
export function epsText({ method, eps }) {
  return ["sgd", "nesterov"].includes(String(method)) ? "" : `eps ${Number(eps).toExponential()}`;
}

/** @param {Trainer} trainer */
export function trainerText(trainer) {
  const { method, learning_rate, batch_size, l2_decay, ema } = trainer;
  const parts = [
    `${method}`,
    epsText(trainer),
    method === "adadelta" ? "" : `${settingName("learning_rate")} ${learning_rate}${scheduleText(trainer)}`,
    `${settingName("batch_size")} ${batch_size}`,
    `${settingName("l2_decay")} ${l2_decay}`,
    Number(ema) > 0 ? `predicts with averaged weights (ema ${ema})` : "",
  ];
  return `Trainer: ${parts.filter(Boolean).join(", ")}`;
}

/**
 * How far the schedule has come, as in "cosine: 34% of 600,000 examples"; empty where there is none.
 * @param {Trainer} trainer
 * @param {number} examples  seen so far
 */
export function scheduleProgress(trainer, examples) {
  if (!isScheduled(trainer)) return "";
  const [warmup, length] = [Number(trainer.warmup_examples), Number(trainer.schedule_examples)];
  if (examples < warmup) return `warm-up: ${shareOf(examples, warmup)}`;
  switch (trainer.schedule) {
    case "cosine": return `cosine: ${shareOf(Math.min(examples, length), length)}`;
    case "step": return `step ${count(Math.floor(examples / length) + 1)}: ${shareOf(examples % length, length)}`;
    default: return "";
  }
}

/** @param {number} examples @param {number} length */
function shareOf(examples, length) {
  return `${Math.floor((examples / length) * 100)}% of ${count(length)} examples`;
}

/** @param {Trainer} trainer */
function scheduleText({ schedule, schedule_examples, step_factor, warmup_examples }) {
  const parts = [];
  if (Number(warmup_examples) > 0) parts.push(`warm-up over ${count(Number(warmup_examples))} examples`);
  const examples = count(Number(schedule_examples));
  if (schedule === "step") parts.push(`times ${step_factor} every ${examples} examples`);
  if (schedule === "cosine") parts.push(`cosine over ${examples} examples`);
  return parts.length > 0 ? ` (${parts.join(", then ")})` : "";
}

/** @param {string} name @param {string | number} value */
function settingText(name, value) {
  if (name === "eps") return Number(value).toExponential();
  return name.endsWith("_examples") ? count(Number(value)) : value;
}

/**
 * Which options were changed, and how: as at a mark of the graph.
 * @param {Record<string, [string | number, string | number]>} changes
 */
export function changeText(changes) {
  /** @type {Record<string, string>} */
  const labels = SETTING_LABELS;
  const parts = Object.entries(changes).map(([name, values]) => {
    const [before, after] = values.map((value) => settingText(name, value));
    return `${(labels[name] ?? name.replaceAll("_", " ")).toLowerCase()} ${before} → ${after}`;
  });
  return parts.join(", ");
}
