// Contender: the npm package convnetjs under node, tested on all test images between turns.
"use strict";

const fs = require("node:fs");
const readline = require("node:readline");
const convnetjs = require("convnetjs");

// Images lie side by side as bytes; each is made a volume as the demo page does it.
function volumes(images, labels, side) {
  const pixels = fs.readFileSync(images);
  const size = side * side;
  return Array.from(fs.readFileSync(labels), (label, index) => ({
    label,
    volume() {
      const volume = new convnetjs.Vol(side, side, 1, 0.0);
      for (let i = 0; i < size; i++) volume.w[i] = pixels[index * size + i] / 255 - 0.5;
      return volume;
    },
  }));
}

function prepare({ side, images, labels, test_images, test_labels, layers, trainer, batch }) {
  const training = volumes(images, labels, side);
  const tests = volumes(test_images, test_labels, side);
  const net = new convnetjs.Net();
  net.makeLayers(layers);
  const teacher = new convnetjs.Trainer(net, { ...trainer, batch_size: batch });
  let next = 0;
  return (examples) => {
    const start = process.hrtime.bigint();
    for (const { volume, label } of training.slice(next, next + examples)) teacher.train(volume(), label);
    next += examples;
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    let correct = 0;
    for (const { volume, label } of tests) {
      net.forward(volume());
      if (net.getPrediction() === label) correct += 1;
    }
    return { examples, seconds, accuracy: correct / tests.length };
  };
}

async function main() {
  let train = null;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (train === null) {
      train = prepare(JSON.parse(line));
      process.stdout.write(JSON.stringify({ ready: true, node: process.version }) + "\n");
    } else {
      process.stdout.write(JSON.stringify(train(Number(line))) + "\n");
    }
  }
}

main();
