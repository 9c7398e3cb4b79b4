// Contender: the npm package convnetjs under node, trained the way its demo page trains.
"use strict";

const fs = require("node:fs");
const readline = require("node:readline");
const convnetjs = require("convnetjs");

function answer(said) {
  process.stdout.write(JSON.stringify(said) + "\n");
}

// Images lie side by side as float32; each becomes a volume of its own, made before the clock runs.
function loadExamples(config) {
  const bytes = fs.readFileSync(config.images);
  const pixels = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const labels = fs.readFileSync(config.labels);
  const size = config.side * config.side;
  return Array.from(labels, (label, index) => {
    const volume = new convnetjs.Vol(config.side, config.side, 1, 0.0);
    for (let i = 0; i < size; i++) volume.w[i] = pixels[index * size + i];
    return { volume, label };
  });
}

function prepare(config) {
  const examples = loadExamples(config);
  const net = new convnetjs.Net();
  net.makeLayers(config.layers);
  const options = Object.assign({ batch_size: config.batch }, config.trainer);
  const trainer = new convnetjs.Trainer(net, options);
  let next = 0;
  return (seconds) => {
    const start = process.hrtime.bigint();
    let elapsed = 0;
    let count = 0;
    let loss = 0;
    // It takes one example at a time and updates at each full batch, so any example may be the last.
    while (elapsed < seconds) {
      const { volume, label } = examples[next];
      next = (next + 1) % examples.length;
      loss += trainer.train(volume, label).cost_loss;
      count += 1;
      elapsed = Number(process.hrtime.bigint() - start) / 1e9;
    }
    return { examples: count, seconds: elapsed, loss: loss / count };
  };
}

async function main() {
  let train = null;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (train === null) {
      train = prepare(JSON.parse(line));
      answer({ ready: true, node: process.version });
    } else {
      answer(train(Number(line)));
    }
  }
}

main();
