// Says what a layer is, in the words of the original page.

import { count, size } from "./numbers.js";

/** @import { LayerInfo } from "../server/protocol.js" */

/** Options that the card shows elsewhere, or that say nothing by default. */
const SILENT = new Set(["bias_pref", "l1_decay_mul", "l2_decay_mul", "init", "num_classes", "num_neurons"]);

/** @param {LayerInfo} layer  as in "conv (24x24x8)" */
export function title(layer) {
  return `${layer.type} (${size(layer.out)})`;
}

/**
 * What the layer does, in a line; empty where the title says it all.
 * @param {LayerInfo} layer
 * @returns {string}
 */
export function summary(layer) {
  const { options } = layer;
  switch (layer.type) {
    case "input": return "";
    case "conv": return `filter size ${options.sx}x${options.sy}x${layer.in[2]}, ${windowing(options)}`;
    case "pool":
    case "avgpool": return `pooling size ${options.sx}x${options.sy}, ${windowing(options)}`;
    case "dropout": return `drop probability ${options.drop_prob}`;
    case "maxout": return `group size ${options.group_size}`;
    default: return others(options);
  }
}

/** @param {Record<string, unknown>} options */
function windowing(options) {
  const pad = Number(options.pad ?? 0);
  return `stride ${options.stride}` + (pad > 0 ? `, pad ${pad}` : "");
}

/** @param {Record<string, unknown>} options */
function others(options) {
  return Object.entries(options)
    .filter(([name]) => !SILENT.has(name))
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/**
 * How the parameters add up, as in "parameters: 8x5x5x1+8 = 208"; empty where there are none.
 * @param {LayerInfo} layer
 * @returns {string}
 */
export function parameters(layer) {
  const { parameters: total, options } = layer;
  if (total === 0) return "";
  const [, , filters] = layer.out;
  const inputs = layer.in[0] * layer.in[1] * layer.in[2];
  /** @type {Record<string, [string, number]>} */
  const terms = {
    conv: [
      `${filters}x${options.sx}x${options.sy}x${layer.in[2]}+${filters}`,
      filters * Number(options.sx) * Number(options.sy) * layer.in[2] + filters,
    ],
    fc: [`${filters}x${inputs}+${filters}`, filters * inputs + filters],
  };
  const term = terms[layer.type];
  return term && term[1] === total ? `parameters: ${term[0]} = ${total}` : `parameters: ${total}`;
}

/**
 * What is shown of a map that is too large to show whole; nothing where it is all of it.
 * @param {number[]} shape  as in `PixelMap`
 * @param {number[]} [whole]
 */
export function cutText(shape, whole) {
  if (!whole) return "";
  const [sy, sx] = whole.slice(-2);
  const single = sx * sy === 1;
  const names = whole.length === 4 ? (single ? ["neurons", "inputs"] : ["filters", "slices of each"]) : [single ? "neurons" : "maps"];
  const parts = names.flatMap((name, i) => (shape[i] < whole[i] ? [`the first ${count(shape[i])} of ${count(whole[i])} ${name}`] : []));
  const step = Math.ceil(Math.max(...[-1, -2].map((i) => whole.slice(i)[0] / shape.slice(i)[0])));
  if (step > 1) parts.push(`at 1/${step} of its size`);
  return `too large to show whole: ${parts.join(", ")}`;
}

/** The kind of layer that decides a card's color. @param {string} type */
export function family(type) {
  const known = ["input", "conv", "pool", "fc", "relu", "softmax", "lrn", "dropout"];
  if (known.includes(type)) return type;
  if (type === "avgpool") return "pool";
  if (type === "batchnorm") return "lrn";
  if (["sigmoid", "tanh", "maxout"].includes(type)) return "relu";
  if (["svm", "regression"].includes(type)) return "softmax";
  return "other";
}
