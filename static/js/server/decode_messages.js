// Reads messages off the wire: JSON, and binary messages with pictures.

/** @import * as P from "./protocol.js" */

const TEXT_TYPES = new Set([
  "session", "stats", "points", "tests", "added", "dataset", "saved", "spectators", "notice", "answer", "heartbeat",
]);
/** @type {P.MapName[]} */
const MAP_NAMES = ["activations", "gradients", "weights", "weight_gradients"];

export class ProtocolError extends Error {}

/**
 * Reads one websocket message.
 * @param {string | ArrayBuffer} data
 * @returns {P.Message}
 * @throws {ProtocolError} where it is none of those that the protocol knows
 */
export function decodeMessage(data) {
  return typeof data === "string" ? decodeText(data) : decodeBinary(data);
}

/** @param {string} text @returns {P.Message} */
function decodeText(text) {
  const message = parseObject(text);
  if (!TEXT_TYPES.has(message.type)) throw new ProtocolError(`unknown message ${String(message.type)}`);
  return message;
}

/** @param {ArrayBuffer} buffer @returns {P.Message} */
function decodeBinary(buffer) {
  if (buffer.byteLength < 4) throw new ProtocolError("binary message without a header");
  const length = new DataView(buffer).getUint32(0, true);
  const end = 4 + length;
  if (end > buffer.byteLength) throw new ProtocolError("binary message cut off in its header");
  const header = parseObject(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = Math.min(end + ((4 - (end % 4)) % 4), buffer.byteLength);
  const payload = new Uint8Array(buffer, start);
  if (header.type === "layers") return withMaps(header, payload);
  if (header.type === "predictions") return withPictures(header, payload);
  throw new ProtocolError(`unknown binary message ${String(header.type)}`);
}

/** @param {string} text @returns {any} */
function parseObject(text) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError("message is not JSON");
  }
  if (value === null || typeof value !== "object") throw new ProtocolError("message is not an object");
  return value;
}

/** @param {any} header @param {Uint8Array} payload @returns {P.LayersMessage} */
function withMaps(header, payload) {
  for (const layer of header.layers) {
    for (const name of MAP_NAMES) {
      const map = layer[name];
      if (map) map.pixels = slice(payload, map.offset, map.shape.reduce((/** @type {number} */ all, /** @type {number} */ n) => all * n, 1));
    }
  }
  return header;
}

/** @param {any} header @param {Uint8Array} payload @returns {P.PredictionsMessage} */
function withPictures(header, payload) {
  const [count, height, width] = header.shape;
  const { items, run_id, round } = header;
  if (items.length !== count) throw new ProtocolError("numbers of items and pictures differ");
  for (const [i, item] of items.entries()) {
    item.pixels = slice(payload, header.offset + i * width * height, width * height);
  }
  return { type: "predictions", run_id, round, width, height, items };
}

/** @param {Uint8Array} payload @param {number} offset @param {number} length @returns {Uint8Array} */
function slice(payload, offset, length) {
  if (offset < 0 || offset + length > payload.length) throw new ProtocolError("binary message cut off");
  return payload.subarray(offset, offset + length);
}
