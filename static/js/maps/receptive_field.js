// Finds what a unit is made of: its part of the layer before, and through all layers of the input.
// The server's side is engine/analysis/arithmetic/; a test holds the two to each other.

/** @import { Unit } from "../parts/pinned_unit.js" */
/** @import { LayerInfo } from "../server/protocol.js" */

/**
 * Part of a volume: along each axis the first, and one past the last.
 * @typedef {{channels: [number, number], rows: [number, number], columns: [number, number]}} Box
 */

/** @param {Unit} unit @returns {Box} */
export function boxOf({ channel, y, x }) {
  return { channels: [channel, channel + 1], rows: [y, y + 1], columns: [x, x + 1] };
}

/** Whether a network of these layers has the unit. @param {LayerInfo[]} layers @param {Unit} unit */
export function hasUnit(layers, { layer, channel, y, x }) {
  const out = layers[layer]?.out;
  return out !== undefined && x < out[0] && y < out[1] && channel < out[2];
}

/**
 * For each layer before a unit's, nearest first, the units that it is made of.
 * @param {LayerInfo[]} layers
 * @param {Unit} unit
 * @returns {Box[]}
 */
export function fieldsOf(layers, unit) {
  const boxes = [boxOf(unit)];
  for (let index = unit.layer; index > 0; index--) {
    boxes.push(inside(seen(layers[index], boxes[boxes.length - 1]), layers[index]));
  }
  return boxes.slice(1);
}

/** What units of a layer are made of; it may reach over the edges. @param {LayerInfo} layer @param {Box} box @returns {Box} */
function seen({ type, in: [width, height, depth], options }, box) {
  const { channels, rows, columns } = box;
  const windows = () => ({ channels, rows: window(options, "sy", rows), columns: window(options, "sx", columns) });
  switch (type) {
    case "conv": return { ...windows(), channels: [0, depth] };
    case "pool":
    case "avgpool": return windows();
    case "fc":
    case "softmax": return { channels: [0, depth], rows: [0, height], columns: [0, width] };
    case "maxout": return { ...box, channels: [channels[0] * Number(options.group_size), channels[1] * Number(options.group_size)] };
    case "lrn": {
      const half = Math.floor(Number(options.n) / 2);
      return { ...box, channels: [channels[0] - half, channels[1] + half] };
    }
    default: return box;
  }
}

/** What windows see along one axis. @param {Record<string, unknown>} options @param {"sx" | "sy"} size @param {[number, number]} span @returns {[number, number]} */
function window(options, size, [first, end]) {
  const stride = Number(options.stride);
  const start = -Number(options.pad);
  return [first * stride + start, (end - 1) * stride + start + Number(options[size])];
}

/** The part that lies in a layer's input. @param {Box} box @param {LayerInfo} layer @returns {Box} */
function inside({ channels, rows, columns }, { in: [width, height, depth] }) {
  /** @param {[number, number]} span @param {number} size @returns {[number, number]} */
  const cut = ([first, end], size) => [Math.min(Math.max(0, first), size), Math.max(0, Math.min(end, size))];
  return { channels: cut(channels, depth), rows: cut(rows, height), columns: cut(columns, width) };
}
