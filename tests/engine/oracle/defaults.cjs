// Prints what the npm package convnetjs takes for options that are left out: trainer and layers.
"use strict";

const convnetjs = require("convnetjs");

const DEFINITIONS = [
  { type: "input", out_sx: 8, out_sy: 8, out_depth: 1 },
  { type: "conv", sx: 3, filters: 2 },
  { type: "conv", sx: 3, filters: 2, activation: "relu" },
  { type: "pool", sx: 2 },
  { type: "dropout" },
  { type: "fc", num_neurons: 4, activation: "maxout" },
  { type: "fc", num_neurons: 3, activation: "relu" },
  { type: "softmax", num_classes: 10 },
];

const net = new convnetjs.Net();
net.makeLayers(DEFINITIONS);
const layers = net.layers.map((layer) => ({
  ...layer.toJSON(),
  filters: undefined,
  l2_decay_of_biases: layer.getParamsAndGrads().at(-1)?.l2_decay_mul,
}));
process.stdout.write(JSON.stringify({ trainer: new convnetjs.Trainer(net, {}), layers }));
