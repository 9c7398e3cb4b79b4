// Answers for ConvNetJS in the tests: loads {snapshot, inputs} from stdin, prints what it predicts.
"use strict";

const fs = require("node:fs");
const convnetjs = require("convnetjs");

const { snapshot, inputs } = JSON.parse(fs.readFileSync(0, "utf8"));
const net = new convnetjs.Net();
net.fromJSON(snapshot);
const { out_sx: sx, out_sy: sy, out_depth: depth } = snapshot.layers[0];
const outputs = inputs.map((numbers) => {
  const volume = new convnetjs.Vol(sx, sy, depth, 0);
  numbers.forEach((number, i) => (volume.w[i] = number));
  return Array.from(net.forward(volume, false).w);
});
// What it would save of the network that it loaded, too.
process.stdout.write(JSON.stringify({ outputs, snapshot: net.toJSON() }));
