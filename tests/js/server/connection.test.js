// Checks that the connection comes back by itself, and that every command gets one answer.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { backoff, CommandError, Connection, OfflineError, STALE_AFTER_MS } from "../../../static/js/server/connection.js";
import { takeClock } from "../clock.js";

/** A socket that the test controls. */
class FakeSocket {
  readyState = 1;
  binaryType = "";
  /** @type {string[]} */
  sent = [];
  closed = false;
  /** @type {((event: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number}) => void) | null} */
  onclose = null;

  /** @param {string} text */
  send(text) {
    this.sent.push(text);
  }

  close() {
    this.closed = true;
    this.readyState = 3;
  }

  /** @param {object} message */
  receive(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** @param {import("node:test").TestContext} t */
function connect(t) {
  const clock = takeClock(t);
  /** @type {FakeSocket[]} */
  const sockets = [];
  /** @type {string[]} */
  const phases = [];
  /** @type {string[]} */
  const seen = [];
  let sessions = 0;
  const connection = new Connection({
    url: () => `ws://x/${sessions}`,
    onMessage: (message) => seen.push(message.type),
    onPhase: (phase) => phases.at(-1) === phase || phases.push(phase),
    onUnknownSession: async () => void (sessions += 1),
    open: (url) => {
      const socket = new FakeSocket();
      sockets.push(Object.assign(socket, { url }));
      return /** @type {WebSocket} */ (/** @type {unknown} */ (socket));
    },
  });
  t.after(() => connection.stop());
  connection.start();
  return { clock, connection, sockets, phases, seen };
}

test("attempts come at growing intervals, with jitter, of at most 8 s", () => {
  assert.ok(backoff(0, 0) >= 100 && backoff(0, 1) <= 250);
  assert.ok(backoff(3, 0) < backoff(3, 1));
  assert.equal(backoff(50, 1), 8000);
});

test("an answer settles its command and no other", async (t) => {
  const { connection, sockets } = connect(t);
  const good = connection.command({ type: "pause" });
  const bad = connection.command({ type: "configure", settings: { momentum: 7 } });
  const [first, second] = sockets[0].sent.map((text) => JSON.parse(text));
  sockets[0].receive({ type: "answer", id: second.id, ok: false, error: { message: "too much", field: "momentum" } });
  sockets[0].receive({ type: "answer", id: first.id, ok: true, result: 5 });
  assert.equal(await good, 5);
  await assert.rejects(bad, (error) => error instanceof CommandError && error.problem.field === "momentum");
});

test("a lost connection is reopened, and waiting commands are rejected", async (t) => {
  const { clock, connection, sockets, phases, seen } = connect(t);
  sockets[0].receive({ type: "heartbeat" });
  const waiting = connection.command({ type: "pause" });
  sockets[0].onclose?.({ code: 1006 });
  await assert.rejects(waiting, OfflineError);
  await assert.rejects(connection.command({ type: "pause" }), /Not connected/);
  clock.tick(300);
  sockets[1].receive({ type: "heartbeat" });
  assert.deepEqual(phases, ["connecting", "open", "reconnecting", "open"]);
  assert.deepEqual(seen, ["heartbeat", "heartbeat"]);
});

test("silence is called stale, and ends in a new connection", (t) => {
  const { clock, sockets, phases } = connect(t);
  sockets[0].receive({ type: "heartbeat" });
  clock.tick(STALE_AFTER_MS - 1000);
  assert.equal(sockets[0].closed, false);
  clock.tick(1000);
  assert.equal(sockets[0].closed, true);
  assert.equal(phases.at(-1), "stale");
  clock.tick(300);
  assert.equal(sockets.length, 2);
});

test("an unknown session leads to another one", async (t) => {
  const { clock, sockets } = connect(t);
  sockets[0].onclose?.({ code: 4404 });
  await new Promise((resolve) => setImmediate(resolve));
  clock.tick(300);
  assert.equal(/** @type {any} */ (sockets[1]).url, "ws://x/1");
});

for (const [code, whose] of /** @type {const} */ ([[4410, "a removed session"], [4404, "an unknown session, for spectators,"]])) {
  test(`${whose} is the end`, async (t) => {
    const { clock, connection, sockets, phases } = connect(t);
    if (code === 4404) connection.hooks.onUnknownSession = undefined;
    sockets[0].receive({ type: "heartbeat" });
    const waiting = connection.command({ type: "check_spec", spec: "" });
    sockets[0].onclose?.({ code });
    await assert.rejects(waiting, OfflineError);
    clock.tick(60_000);
    connection.hurry();
    assert.deepEqual([sockets.length, phases], [1, ["connecting", "open", "gone"]]);
  });
}

test("where there is no room the connection ends, and the page is told", (t) => {
  const { clock, connection, sockets } = connect(t);
  let told = 0;
  connection.hooks.onNoRoom = () => void (told += 1);
  sockets[0].onclose?.({ code: 4503 });
  clock.tick(60_000);
  assert.deepEqual([told, sockets.length], [1, 1]);
});

test("a server that lost its sessions is joined at once, one that keeps losing them is not hammered", async (t) => {
  const { clock, sockets } = connect(t);
  /** @param {number} code @param {number} milliseconds */
  const close = async (code, milliseconds) => {
    sockets.at(-1)?.onclose?.({ code });
    await new Promise((resolve) => setImmediate(resolve));
    clock.tick(milliseconds);
    return sockets.length;
  };
  for (let lost = 1; lost <= 5; lost++) assert.equal(await close(1006, 5000), 1 + lost);
  assert.equal(await close(4404, 300), 7);
  for (let unknown = 1; unknown <= 3; unknown++) assert.equal(await close(4404, 5000), 7 + unknown);
  assert.equal(await close(4404, 1000), 10);
});

test("what cannot be read does no harm", (t) => {
  const { sockets, seen } = connect(t);
  const warned = mock.method(console, "warn", () => {});
  t.after(() => warned.mock.restore());
  sockets[0].onmessage?.({ data: "{" });
  sockets[0].receive({ type: "heartbeat" });
  assert.deepEqual([seen, warned.mock.callCount()], [["heartbeat"], 1]);
});

test("a text too long to send is refused by the page", async (t) => {
  const { connection } = connect(t);
  await assert.rejects(connection.command({ type: "check_spec", spec: "ä".repeat(40_000) }), /too long/);
});
