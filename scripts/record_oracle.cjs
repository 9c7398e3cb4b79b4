// Records what ConvNetJS itself computes, as vectors that the engine's tests are held to.
//
//   node scripts/record_oracle.cjs [FOLDER]     (default: tests/engine/oracle)
//
// Weights and inputs lie on a grid of 1/256, so that float32 holds them exactly. Nothing depends on
// the clock or on Math.random: the same version records the same vectors.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const convnetjs = require("convnetjs");

const BATCH = 3;
const UPDATES = 50;
const DIGITS = 9;

const input = (sx, sy, depth) => ({ type: "input", out_sx: sx, out_sy: sy, out_depth: depth });
const conv = (options) => ({ type: "conv", ...options });
const pool = (options) => ({ type: "pool", ...options });
const fc = (neurons, options = {}) => ({ type: "fc", num_neurons: neurons, ...options });
const softmax = (classes) => ({ type: "softmax", num_classes: classes });

// `wrong` names what this version computes wrongly (or not at all) for a case; `levels` makes the
// inputs coarse, for ties; `reloaded` sends the network through its own JSON first.
const CASES = [
  { name: "conv", layers: [input(6, 6, 1), conv({ sx: 3, filters: 3, pad: 1 }), softmax(4)] },
  {
    name: "conv with a wide pad and relu",
    layers: [input(5, 5, 3), conv({ sx: 5, filters: 2, pad: 2, activation: "relu" }), softmax(3)],
  },
  {
    name: "conv with a window, input and stride that are not square",
    layers: [input(7, 5, 3), conv({ sx: 3, sy: 2, stride: 2, pad: 1, filters: 4 }), softmax(4)],
  },
  {
    name: "conv whose stride leaves a rest",
    layers: [input(9, 8, 2), conv({ sx: 2, stride: 3, filters: 3 }), softmax(3)],
  },
  { name: "pool", layers: [input(6, 4, 2), pool({ sx: 2 }), softmax(3)] },
  {
    name: "pool with windows that overlap and a pad",
    layers: [input(7, 6, 2), pool({ sx: 3, stride: 2, pad: 1 }), softmax(3)],
  },
  {
    name: "pool with a window that is not square",
    layers: [input(5, 7, 3), pool({ sx: 3, sy: 2, stride: 1 }), softmax(3)],
  },
  { name: "pool with a rest", layers: [input(8, 7, 1), pool({ sx: 3, stride: 3 }), softmax(3)] },
  { name: "pool with ties", layers: [input(6, 6, 2), pool({ sx: 3, stride: 2 }), softmax(3)], levels: 1 },
  {
    name: "fc with sigmoid and tanh",
    layers: [
      input(3, 4, 2),
      fc(5, { activation: "sigmoid" }),
      fc(4, { activation: "tanh" }),
      softmax(3),
    ],
  },
  { name: "fc with relu", layers: [input(2, 3, 3), fc(8, { activation: "relu" }), softmax(5)] },
  {
    name: "conv with sigmoid, then tanh",
    layers: [
      input(5, 4, 1),
      conv({ sx: 2, filters: 3, activation: "sigmoid" }),
      conv({ sx: 2, filters: 2, activation: "tanh" }),
      softmax(3),
    ],
  },
  {
    name: "maxout on volumes",
    layers: [input(4, 5, 2), conv({ sx: 3, filters: 6, activation: "maxout", group_size: 2 }), softmax(3)],
  },
  {
    name: "maxout with a rest",
    layers: [input(3, 3, 1), fc(7, { activation: "maxout", group_size: 3 }), softmax(3)],
  },
  {
    name: "maxout after loading",
    layers: [input(4, 5, 2), conv({ sx: 3, filters: 6, activation: "maxout", group_size: 2 }), softmax(3)],
    reloaded: true,
    wrong: ["gradients", "input_gradients"],
  },
  {
    name: "dropout of a half",
    layers: [input(4, 3, 2), fc(10, { activation: "relu", drop_prob: 0.5 }), softmax(3)],
  },
  {
    name: "dropout of a quarter",
    layers: [input(4, 3, 2), conv({ sx: 2, filters: 4, drop_prob: 0.25 }), softmax(3)],
    wrong: ["outputs"],
  },
  {
    name: "lrn of one channel",
    layers: [input(4, 3, 3), { type: "lrn", k: 1, n: 1, alpha: 0.5, beta: 0.75 }, softmax(3)],
  },
  {
    name: "lrn",
    layers: [input(4, 3, 5), { type: "lrn", k: 2, n: 3, alpha: 0.75, beta: 0.75 }, softmax(3)],
    wrong: ["input_gradients"],
  },
  {
    name: "svm",
    layers: [input(3, 3, 2), fc(6, { activation: "tanh" }), { type: "svm", num_classes: 4 }],
    wrong: ["losses"],
  },
  {
    name: "regression",
    layers: [input(3, 3, 2), fc(6, { activation: "tanh" }), { type: "regression", num_neurons: 4 }],
    wrong: ["losses"],
  },
  {
    name: "the default network, smaller",
    layers: [
      input(12, 12, 1),
      conv({ sx: 5, filters: 3, stride: 1, pad: 2, activation: "relu" }),
      pool({ sx: 2, stride: 2 }),
      conv({ sx: 5, filters: 4, stride: 1, pad: 2, activation: "relu" }),
      pool({ sx: 3, stride: 3 }),
      softmax(10),
    ],
  },
];

const METHODS = [
  { method: "sgd", learning_rate: 0.05, momentum: 0.9 },
  { method: "sgd", learning_rate: 0.1, momentum: 0.0 },
  { method: "adagrad", learning_rate: 0.02 },
  { method: "windowgrad", learning_rate: 0.01 },
  { method: "adadelta" },
].map((options) => ({ ...options, batch_size: BATCH, eps: 1e-6, l1_decay: 0.003, l2_decay: 0.01 }));

// A linear congruential generator: weak, and entirely enough to fill arrays.
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function onGrid(random, span, levels) {
  return Math.round((2 * random() - 1) * span * levels) / levels;
}

function classesOf(layers) {
  const last = layers[layers.length - 1];
  return last.num_classes || last.num_neurons;
}

function makeNet(layers, random) {
  const net = new convnetjs.Net();
  // It writes into the definitions it is given.
  net.makeLayers(layers.map((layer) => ({ ...layer })));
  for (const layer of net.layers) {
    for (const volume of layer.filters || []) {
      const span = Math.sqrt(3 / volume.w.length);
      for (let i = 0; i < volume.w.length; i++) volume.w[i] = onGrid(random, span, 256);
    }
    const biases = layer.biases ? layer.biases.w : [];
    for (let i = 0; i < biases.length; i++) biases[i] = onGrid(random, 0.25, 256);
  }
  return net;
}

function makeExample(layers, random, levels = 256) {
  const { out_sx: sx, out_sy: sy, out_depth: depth } = layers[0];
  const volume = new convnetjs.Vol(sx, sy, depth, 0);
  for (let i = 0; i < volume.w.length; i++) volume.w[i] = onGrid(random, 1, levels);
  const target = Math.floor(random() * classesOf(layers));
  return { volume, target };
}

// What backward() takes: regression wants the vector itself.
function truth(layers, target) {
  if (layers[layers.length - 1].type !== "regression") return target;
  return Array.from({ length: classesOf(layers) }, (_, i) => (i === target ? 1 : 0));
}

function rounded(numbers) {
  return Array.from(numbers, (number) => Number(number.toPrecision(DIGITS)));
}

function parameters(net, key) {
  return net.layers
    .filter((layer) => layer.filters)
    .map((layer) => ({
      filters: layer.filters.map((volume) => rounded(volume[key])),
      biases: rounded(layer.biases[key]),
    }));
}

// Run `body` with Math.random from a known source; returns what was drawn.
function withDraws(random, body) {
  const original = Math.random;
  const draws = [];
  Math.random = () => {
    const draw = onGrid(random, 0.498, 256) + 0.5;
    draws.push(draw);
    return draw;
  };
  try {
    body();
  } finally {
    Math.random = original;
  }
  return draws;
}

function recordCase({ name, layers, levels, reloaded, wrong = [] }, index) {
  const random = randomNumbers(1000 + index);
  let net = makeNet(layers, random);
  const snapshot = JSON.parse(JSON.stringify(net.toJSON()));
  if (reloaded) {
    net = new convnetjs.Net();
    net.fromJSON(snapshot);
  }
  const record = { name, wrong, classes: classesOf(layers), snapshot };
  Object.assign(record, { inputs: [], targets: [], outputs: [], losses: [], input_gradients: [], draws: [] });
  for (let i = 0; i < BATCH; i++) {
    const { volume, target } = makeExample(layers, random, levels);
    record.inputs.push(Array.from(volume.w));
    record.targets.push(target);
    record.outputs.push(rounded(net.forward(volume, false).w));
    record.draws.push(withDraws(random, () => net.forward(volume, true)));
    record.losses.push(...rounded([net.backward(truth(layers, target))]));
    record.input_gradients.push(rounded(volume.dw));
  }
  record.gradients = parameters(net, "dw");
  return record;
}

function recordUpdates(options, index) {
  const layers = [
    input(8, 6, 2),
    conv({ sx: 3, filters: 3, pad: 1, activation: "tanh", l1_decay_mul: 0.5 }),
    pool({ sx: 2, stride: 2 }),
    fc(6, { activation: "sigmoid", l2_decay_mul: 2 }),
    softmax(4),
  ];
  const random = randomNumbers(2000 + index);
  const net = makeNet(layers, random);
  const snapshot = JSON.parse(JSON.stringify(net.toJSON()));
  const trainer = new convnetjs.Trainer(net, options);
  const examples = Array.from({ length: 4 * BATCH }, () => makeExample(layers, random));
  const l2_decay_losses = [];
  for (let step = 0; step < UPDATES; step++) {
    for (let i = 0; i < BATCH; i++) {
      const { volume, target } = examples[(step * BATCH + i) % examples.length];
      const stats = trainer.train(volume, target);
      if (i === BATCH - 1) l2_decay_losses.push(stats.l2_decay_loss);
    }
  }
  return {
    options,
    classes: classesOf(layers),
    snapshot,
    inputs: examples.map(({ volume }) => Array.from(volume.w)),
    targets: examples.map(({ target }) => target),
    updates: UPDATES,
    l2_decay_losses: rounded(l2_decay_losses),
    parameters: parameters(net, "w"),
  };
}

// One record a line, so that a change shows where it is.
function write(folder, name, records) {
  const lines = records.map((record) => JSON.stringify(record)).join(",\n");
  fs.writeFileSync(path.join(folder, name), `[\n${lines}\n]\n`);
}

const folder = process.argv[2] || path.join(__dirname, "..", "tests", "engine", "oracle");
write(folder, "layers.json", CASES.map(recordCase));
write(folder, "updates.json", METHODS.map(recordUpdates));
