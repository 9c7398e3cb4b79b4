// Contender: TensorFlow.js with its WebAssembly backend under node: the same network and update rule.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");

function answer(said) {
  process.stdout.write(JSON.stringify(said) + "\n");
}

// The backend lacks a kernel for the filters' gradient: (kh, kw, C, F) is the convolution of the
// images, with channels for examples, by dy as if it were filters.
const convolve = tf.customGrad((x, w, save) => {
  save([x, w]);
  const gradFunc = (dy, [x, w]) => {
    const pad = (w.shape[0] - 1) / 2;
    const images = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [[0, 0], [pad, pad], [pad, pad], [0, 0]]);
    const filters = tf.transpose(dy, [1, 2, 0, 3]);
    return [
      tf.conv2dTranspose(dy, w, x.shape, 1, "same"),
      tf.transpose(tf.conv2d(images, filters, 1, "valid"), [1, 2, 0, 3]),
    ];
  };
  return { value: tf.conv2d(x, w, 1, "same"), gradFunc };
});

// Weights and biases of each layer that has them; images are (B, H, W, C).
function initial(layers) {
  let [side, depth] = [layers[0].out_sx, layers[0].out_depth];
  return layers.slice(1).map((layer) => {
    if (layer.type === "pool") {
      side = Math.floor((side - layer.sx) / layer.stride) + 1;
      return null;
    }
    const conv = layer.type === "conv";
    const shape = conv
      ? [layer.sx, layer.sx, depth, layer.filters]
      : [side * side * depth, layer.num_classes];
    const out = shape[shape.length - 1];
    const deviation = (tf.util.sizeFromShape(shape) / out) ** -0.5;
    if (conv) depth = out;
    return {
      w: tf.variable(tf.randomNormal(shape, 0, deviation)),
      b: tf.variable(tf.fill([out], conv ? 0.1 : 0)),
    };
  });
}

// Mean cross entropy, and the decay, which ConvNetJS divides by the batch like the gradients' sum.
function meanLoss(layers, parameters, decay, images, targets) {
  let x = images;
  let penalty = tf.scalar(0);
  layers.slice(1).forEach((layer, index) => {
    const own = parameters[index];
    if (own === null) {
      // Its gradient is lost where all of a window is negative, which does not happen after a relu.
      x = tf.maxPool(x, layer.sx, layer.stride, "valid");
      return;
    }
    x =
      layer.type === "conv"
        ? tf.relu(tf.add(convolve(x, own.w), own.b))
        : tf.add(tf.matMul(tf.reshape(x, [x.shape[0], -1]), own.w), own.b);
    penalty = tf.add(penalty, tf.sum(tf.square(own.w)));
  });
  const entropy = tf.losses.softmaxCrossEntropy(targets, x);
  return tf.add(entropy, tf.mul(penalty, decay / 2 / images.shape[0]));
}

// One step; tf.train.adadelta divides by the gradients' mean from before the newest one.
function update(variables, memory, { ro, eps }, loss) {
  return tf.tidy(() => {
    const { value, grads } = tf.variableGrads(loss, variables);
    const mean = (kept, newest) => tf.add(tf.mul(kept, ro), tf.mul(tf.square(newest), 1 - ro));
    variables.forEach((variable, index) => {
      const [g2, d2] = memory[index];
      const g = grads[variable.name];
      g2.assign(mean(g2, g));
      const d = tf.mul(g, tf.sqrt(tf.div(tf.add(d2, eps), tf.add(g2, eps))));
      d2.assign(mean(d2, d));
      variable.assign(tf.sub(variable, d));
    });
    return value.dataSync()[0];
  });
}

function loadBatches({ images, labels, side, batch }) {
  const bytes = fs.readFileSync(images);
  const pixels = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const classes = fs.readFileSync(labels);
  const batches = [];
  for (let i = 0; i + batch <= classes.length; i += batch) {
    const chosen = pixels.slice(i * side * side, (i + batch) * side * side);
    const truth = tf.tensor1d(Int32Array.from(classes.subarray(i, i + batch)), "int32");
    const x = tf.tensor4d(chosen, [batch, side, side, 1]);
    batches.push({ x, y: tf.cast(tf.oneHot(truth, 10), "float32") });
  }
  return batches;
}

async function prepare(config) {
  wasm.setWasmPaths(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + path.sep);
  await tf.setBackend("wasm");
  const { layers, trainer, batch } = config;
  const batches = loadBatches(config);
  const parameters = initial(layers);
  const variables = parameters.filter(Boolean).flatMap(({ w, b }) => [w, b]);
  const zeros = ({ shape }) => tf.variable(tf.zeros(shape), false);
  const memory = variables.map((variable) => [zeros(variable), zeros(variable)]);
  let next = 0;
  return (seconds) => {
    const start = process.hrtime.bigint();
    let elapsed = 0;
    let steps = 0;
    let loss = 0;
    while (elapsed < seconds) {
      const { x, y } = batches[next];
      next = (next + 1) % batches.length;
      const mean = () => meanLoss(layers, parameters, trainer.l2_decay, x, y);
      loss += update(variables, memory, trainer, mean);
      steps += 1;
      elapsed = Number(process.hrtime.bigint() - start) / 1e9;
    }
    return { examples: steps * batch, seconds: elapsed, loss: loss / steps };
  };
}

async function main() {
  let train = null;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (train === null) {
      train = await prepare(JSON.parse(line));
      answer({ ready: true, tensorflowjs: tf.version_core, backend: tf.getBackend() });
    } else {
      answer(train(Number(line)));
    }
  }
}

main();
