// Pins the wire form as the page reads and writes it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage, ProtocolError } from "../../../static/js/server/decode_messages.js";
import { encodeCommand } from "../../../static/js/server/protocol.js";

/**
 * A binary message as the server packs it.
 * @param {object} header
 * @param {number[]} payload
 * @returns {ArrayBuffer}
 */
function pack(header, payload) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = Math.ceil((4 + text.length) / 4) * 4;
  const bytes = new Uint8Array(start + payload.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(payload, start);
  return bytes.buffer;
}

const LAYERS = {
  type: "layers", seq: 7, run_id: 2, step: 40, source: "training", label: 3,
  layers: [
    { index: 0, activations: { shape: [1, 2, 2], offset: 0, min: -0.5, max: 0.5 } },
    { index: 1, weights: { shape: [2, 1, 1, 2], offset: 4, min: -1, max: 1 } },
  ],
};

test("a command is an object with its id", () => {
  assert.deepEqual(JSON.parse(encodeCommand(5, { type: "watch", layers: [0, 2] })), { id: 5, type: "watch", layers: [0, 2] });
});

test("a text message is itself", () => {
  const message = { type: "answer", id: 1, ok: false, error: { message: "no", line: 3, column: 7 } };
  assert.deepEqual(decodeMessage(JSON.stringify(message)), message);
});

test("maps get their pixels, whatever length the header has", () => {
  for (const padding of ["", "a", "ab", "abc"]) {
    const message = decodeMessage(pack({ ...LAYERS, padding }, [1, 2, 3, 4, 5, 6, 7, 8]));
    assert.equal(message.type, "layers");
    if (message.type !== "layers") continue;
    assert.deepEqual([...(message.layers[0].activations?.pixels ?? [])], [1, 2, 3, 4]);
    assert.deepEqual([...(message.layers[1].weights?.pixels ?? [])], [5, 6, 7, 8]);
    assert.equal(message.layers[1].activations, undefined);
  }
});

test("predictions get a picture each", () => {
  const items = [{ label: 1, top: [{ class: 1, probability: 0.9 }] }, { label: 2, top: [] }];
  const header = { type: "predictions", run_id: 1, round: 4, shape: [2, 1, 3], offset: 2, items };
  const message = decodeMessage(pack(header, [0, 0, 1, 2, 3, 4, 5, 6]));
  assert.equal(message.type, "predictions");
  if (message.type !== "predictions") return;
  assert.deepEqual([message.width, message.height, message.round], [3, 1, 4]);
  assert.deepEqual(message.items.map((item) => [...item.pixels]), [[1, 2, 3], [4, 5, 6]]);
});

test("what is not a message of the protocol is refused", () => {
  const tooLong = new Uint8Array([255, 0, 0, 0, 123, 125]).buffer;
  const whole = pack(LAYERS, [1, 2, 3, 4, 5, 6, 7]);
  const fewer = pack({ type: "predictions", run_id: 1, round: 0, shape: [4, 1, 1], offset: 0, items: [] }, [1, 2, 3, 4]);
  const bad = ["{", "null", "3", '{"type":"surprise"}', new ArrayBuffer(2), tooLong, whole, fewer, pack({ type: "stats" }, [])];
  for (const data of bad) assert.throws(() => decodeMessage(data), ProtocolError);
});
