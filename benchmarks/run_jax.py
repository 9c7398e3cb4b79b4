"""Contender: JAX, compiled by XLA for the CPU: the same network, initialization and update rule."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.running import Step, load_examples, serve

Parameters = list[dict[str, Any]]


def initial(layers: list[dict[str, Any]], rng: np.random.Generator) -> Parameters:
    """Weights and biases of each layer that has them; images are (B, H, W, C)."""
    side, depth = layers[0]["out_sx"], layers[0]["out_depth"]
    found = []
    for layer in layers[1:]:
        if layer["type"] == "pool":
            side = (side - layer["sx"]) // layer["stride"] + 1
            continue
        shape: tuple[int, ...]
        if layer["type"] == "conv":
            shape = (layer["sx"], layer["sx"], depth, layer["filters"])
            side, depth = side + 2 * layer["pad"] - layer["sx"] + 1, layer["filters"]
            bias = 0.1
        else:
            shape = (side * side * depth, layer["num_classes"])
            bias = 0.0
        weights = rng.standard_normal(shape) * np.prod(shape[:-1]) ** -0.5
        found.append({"w": jnp.float32(weights), "b": jnp.full(shape[-1], bias, jnp.float32)})
    return found


def mean_loss(parameters: Parameters, layers: list[dict[str, Any]], x: Any, labels: Any) -> Any:
    """Mean cross entropy of images x (B, H, W, C) with these labels (B,)."""
    left = iter(parameters)
    for layer in layers[1:]:
        if layer["type"] == "pool":
            window = (1, layer["sx"], layer["sx"], 1)
            strides = (1, layer["stride"], layer["stride"], 1)
            x = lax.reduce_window(x, -jnp.inf, lax.max, window, strides, "VALID")
            continue
        own = next(left)
        if layer["type"] == "conv":
            pads = [(layer["pad"], layer["pad"])] * 2
            order = ("NHWC", "HWIO", "NHWC")
            x = lax.conv_general_dilated(x, own["w"], (1, 1), pads, dimension_numbers=order)
            x = jax.nn.relu(x + own["b"])
        else:
            x = x.reshape(len(x), -1) @ own["w"] + own["b"]
    return -jnp.take_along_axis(jax.nn.log_softmax(x), labels[:, None], axis=1).mean()


def prepare(config: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
    images, labels = load_examples(config)
    size, layers, trainer = config["batch"], config["layers"], config["trainer"]
    ro, eps = trainer["ro"], trainer["eps"]
    # ConvNetJS divides the decay, like the gradients' sum, by the batch; biases have none.
    decay = {"w": trainer["l2_decay"] / size, "b": 0.0}

    def update(parameters: Parameters, memory: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(mean_loss)(parameters, layers, x, y)
        new = []
        for own, slopes, (g2, d2) in zip(parameters, gradients, memory, strict=True):
            g = {key: slopes[key] + decay[key] * own[key] for key in own}
            g2 = {key: ro * g2[key] + (1 - ro) * g[key] ** 2 for key in own}
            d = {key: g[key] * jnp.sqrt((d2[key] + eps) / (g2[key] + eps)) for key in own}
            d2 = {key: ro * d2[key] + (1 - ro) * d[key] ** 2 for key in own}
            new.append(({key: own[key] - d[key] for key in own}, (g2, d2)))
        return [one for one, _ in new], [kept for _, kept in new], loss

    compiled = jax.jit(update)
    state = initial(layers, np.random.default_rng(0))
    memory = [tuple(jax.tree.map(jnp.zeros_like, own) for _ in range(2)) for own in state]
    starts = range(0, len(labels) - size + 1, size)
    batches = [
        (jnp.asarray(images[i : i + size, :, :, None]), jnp.asarray(labels[i : i + size]))
        for i in starts
    ]
    turns = itertools.cycle(batches)

    def step() -> tuple[int, float]:
        nonlocal state, memory
        state, memory, loss = compiled(state, memory, *next(turns))
        return size, float(loss)

    return step, {"jax": jax.__version__}


if __name__ == "__main__":
    serve(prepare)
