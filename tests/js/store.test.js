// Holds the store to what keeps the page right: no late frames, no gap in the graph, bounded lists.

import assert from "node:assert/strict";
import { test } from "node:test";
import { KEPT_ROUNDS, Store } from "../../static/js/store.js";

/** @import * as P from "../../static/js/server/protocol.js" */

/** A store whose frames are run by hand. */
function makeStore() {
  /** @type {(() => void)[]} */
  const frames = [];
  const store = new Store((callback) => frames.push(callback));
  const frame = () => frames.splice(0).forEach((callback) => callback());
  return { store, frame, frames };
}

/** @param {Partial<P.SessionMessage>} [changes] @returns {P.SessionMessage} */
function session(changes) {
  return {
    type: "session", session: "a", run_id: 1, status: "running", role: "owner", spec: "", layers: [],
    parameters: 0, trainer: {}, methods: [], unused_options: [], seed: 1, divergences: [], trainer_changes: [], added_pictures: 0, recoverable: false,
    dataset: { name: "MNIST", classes: [], train: 0, validation: 0, test: 0 }, ...changes,
  };
}

/** @param {number} run @param {number} first @param {number[]} examples @returns {P.PointsMessage} */
function points(run, first, examples) {
  const column = examples.map((n) => n / 1000);
  return { type: "points", run_id: run, first, examples, loss: column, decay_loss: column, train_accuracy: column, validation_accuracy: column.map(() => null) };
}

/** @param {number} examples */
const testAt = (examples) => ({ examples, accuracy: examples / 1000, images: 10, confusion: [9, 1, 0, 0] });

/** @param {number} run @param {number} first @param {number[]} examples @returns {P.TestsMessage} */
function tests(run, first, examples) {
  const each = examples.map(testAt);
  return {
    type: "tests", run_id: run, first, examples, accuracy: each.map(({ accuracy }) => accuracy),
    images: each.map(({ images }) => images), confusion: each.map(({ confusion }) => confusion),
  };
}

/** @param {number} run @param {number} examples @returns {P.StatsMessage} */
function stats(run, examples) {
  return {
    type: "stats", run_id: run, step: examples / 20, examples, epoch: 0, learning_rate: 0.01, examples_per_second: 1, forward_ms: 1,
    backward_ms: 1, loss: 1, decay_loss: 1, train_accuracy: null, train_count: 0, validation_accuracy: null, validation_count: 0,
    test_accuracy_recent: null, test_recent_count: 0, test: { accuracy: 0.9, examples: 10, at_examples: 100 },
    step_seconds: 0.01,
  };
}

/** @param {number} run @param {number} round @returns {P.PredictionsMessage} */
const predictions = (run, round) => ({ type: "predictions", run_id: run, round, width: 1, height: 1, items: [] });

test("views are told once a frame, of the slices they asked for", () => {
  const { store, frame, frames } = makeStore();
  let told = 0;
  store.subscribe(["stats", "session"], () => (told += 1));
  frame();
  assert.equal(told, 1);
  store.apply(session());
  store.apply(stats(1, 20));
  store.apply(stats(1, 40));
  assert.equal(frames.length, 1);
  frame();
  assert.equal(told, 2);
  store.apply({ type: "notice", level: "info", message: "hello" });
  frame();
  assert.equal(told, 2);
});

test("messages of an earlier run are discarded", () => {
  const { store } = makeStore();
  store.apply(session({ run_id: 3 }));
  store.apply(stats(2, 20));
  store.apply(points(2, 0, [200]));
  store.apply(tests(2, 0, [100]));
  store.apply(predictions(2, 1));
  store.apply({ type: "layers", run_id: 2, step: 1, source: "training", index: null, pinned: false, label: null, layers: [] });
  const { state } = store;
  assert.deepEqual([state.stats, state.layers, state.predictions, state.points.examples, state.points.tests], [null, null, [], [], []]);
  store.apply(session({ run_id: 2, status: "paused" }));
  assert.equal(state.session?.status, "running");
});

test("a new run begins with nothing, even where its first frame comes before its session", () => {
  const { store } = makeStore();
  store.apply(session({ run_id: 1 }));
  store.apply(stats(1, 20));
  store.apply(points(1, 0, [200, 400]));
  store.apply(predictions(1, 1));
  store.apply(stats(2, 40));
  assert.equal(store.state.run, 2);
  assert.equal(store.state.stats?.examples, 40);
  assert.deepEqual([store.state.points.examples, store.state.predictions], [[], []]);
  store.apply(session({ run_id: 2 }));
  assert.equal(store.state.stats?.examples, 40);
});

test("another session starts from nothing, whatever its run", () => {
  const { store } = makeStore();
  store.setConnection("open");
  store.apply(session({ run_id: 9 }));
  store.apply(points(9, 0, [200]));
  store.setConnection("reconnecting");
  store.setConnection("open");
  store.apply(session({ session: "b", run_id: 1 }));
  assert.equal(store.state.run, 1);
  assert.deepEqual(store.state.points.examples, []);
});

test("points join without gaps or duplicates", () => {
  const { store } = makeStore();
  store.apply(session());
  store.apply(points(1, 0, [200, 400]));
  store.apply(points(1, 2, [600]));
  store.apply(points(1, 1, [400, 600, 800]));
  assert.deepEqual(store.state.points.examples, [200, 400, 600, 800]);
  assert.deepEqual(store.state.points.loss, [0.2, 0.4, 0.6, 0.8]);
  assert.equal(store.takeGap(), false);
});

test("a gap is seen, asked for once, and filled", () => {
  const { store } = makeStore();
  store.apply(session());
  store.apply(points(1, 0, [200]));
  store.apply(points(1, 3, [800]));
  assert.deepEqual(store.state.points.examples, [200]);
  assert.equal(store.lastPoint, 0);
  assert.equal(store.takeGap(), true);
  assert.equal(store.takeGap(), false);
  store.apply(points(1, 1, [400, 600, 800]));
  assert.deepEqual(store.state.points.examples, [200, 400, 600, 800]);
});

test("a reconnection keeps the graph of the same run", () => {
  const { store } = makeStore();
  store.apply(session());
  store.apply(points(1, 0, [200, 400]));
  store.setConnection("reconnecting");
  store.apply(session());
  assert.equal(store.lastPoint, 1);
});

test("a run that went back to a checkpoint draws its graph anew from there", () => {
  const { store } = makeStore();
  store.apply(session());
  store.apply(points(1, 0, [200, 400, 600, 800]));
  store.apply(tests(1, 0, [100, 700]));
  store.apply(points(1, 1, [400, 610]));
  assert.deepEqual(store.state.points.examples, [200, 400, 610]);
  assert.equal(store.state.points.validation_accuracy.length, 3);
  assert.deepEqual(store.state.points.tests, [testAt(100)]);
});

test("full tests join without gap and without doubles", () => {
  const { store } = makeStore();
  store.apply(session());
  assert.equal(store.lastTest, -1);
  store.apply(tests(1, 0, [100, 300]));
  store.apply(tests(1, 2, [500]));
  store.apply(tests(1, 1, [300, 500, 700]));
  assert.deepEqual(store.state.points.tests, [100, 300, 500, 700].map(testAt));
  assert.equal(store.takeGap(), false);
  store.apply(tests(1, 5, [1100]));
  assert.equal(store.lastTest, 3);
  assert.equal(store.takeGap(), true);
});

test("the newest figures of a test make no dot: all dots come with the run's tests", () => {
  const { store } = makeStore();
  store.apply(session());
  store.apply(stats(1, 100));
  assert.deepEqual(store.state.points.tests, []);
});

test("tests after a step back take the place of those that it made void", () => {
  const { store } = makeStore();
  store.apply(session());
  store.apply(points(1, 0, [200, 400, 600]));
  store.apply(tests(1, 0, [100, 500, 550]));
  // Back to a checkpoint after 520 examples, with two tests, and on from there.
  store.apply(points(1, 2, [590]));
  store.apply(tests(1, 2, [580]));
  assert.deepEqual(store.state.points.tests, [100, 500, 580].map(testAt));
  assert.equal(store.takeGap(), false);
});

test("what is saved belongs to one run", () => {
  const { store } = makeStore();
  store.apply(session());
  store.apply({ type: "saved", run_id: 1, examples: 1000 });
  assert.equal(store.state.saved?.examples, 1000);
  store.apply({ type: "saved", run_id: 1, examples: 1000, trouble: "The disk is full." });
  assert.equal(store.state.saved?.trouble, "The disk is full.");
  store.apply({ ...session(), run_id: 2 });
  assert.equal(store.state.saved, null);
});

test("a cleared graph stays clear as points come", () => {
  const { store } = makeStore();
  store.apply(session());
  store.apply(points(1, 0, [200, 400]));
  store.apply(tests(1, 0, [100]));
  assert.deepEqual(store.state.points.tests, [testAt(100)]);
  store.clearGraph();
  store.apply(points(1, 2, [600]));
  assert.equal(store.state.points.from, 2);
  assert.equal(store.lastPoint, 2);
  assert.deepEqual(store.state.points.tests, []);
  assert.equal(store.lastTest, 0);
  store.apply(tests(1, 1, [500]));
  assert.deepEqual(store.state.points.tests, [testAt(500)]);
  assert.equal(store.takeGap(), false);
});

test("predictions are kept newest first, without duplicates, and bounded", () => {
  const { store } = makeStore();
  store.apply(session());
  for (let round = 0; round < 2 * KEPT_ROUNDS; round++) store.apply(predictions(1, round));
  store.apply(predictions(1, 2 * KEPT_ROUNDS - 1));
  assert.equal(store.state.predictions.length, KEPT_ROUNDS);
  assert.equal(store.state.predictions[0].round, 2 * KEPT_ROUNDS - 1);
});

test("pictures of layers that were not sent stay until they are", () => {
  const { store } = makeStore();
  store.apply(session());
  /** @param {number[]} indices @param {"training" | "image"} source */
  const frame = (indices, source) => store.apply({ type: "layers", run_id: 1, step: 1, source, index: null, pinned: source === "image", label: null, layers: indices.map((index) => ({ index })) });
  frame([0, 1], "training");
  frame([1, 2], "training");
  assert.deepEqual([...(store.state.layers?.maps.keys() ?? [])], [0, 1, 2]);
  frame([0], "image");
  assert.deepEqual([...(store.state.layers?.maps.keys() ?? [])], [0]);
});

test("a new connection counts spectators from zero, because a server that has none says nothing", () => {
  const { store } = makeStore();
  store.setConnection("open");
  store.apply(session());
  store.apply({ type: "spectators", count: 3 });
  store.apply(session({ status: "paused" }));
  assert.equal(store.state.spectators, 3);
  store.setConnection("reconnecting");
  store.setConnection("open");
  store.apply(session());
  assert.equal(store.state.spectators, 0);
});

test("the same notice is not shown twice", () => {
  const { store } = makeStore();
  store.addNotice("info", "once");
  store.addNotice("info", "once");
  assert.equal(store.state.notices.length, 1);
  store.dismissNotice(store.state.notices[0].id);
  assert.deepEqual(store.state.notices, []);
});
