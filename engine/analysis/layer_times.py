"""How long each layer takes in training, measured on a replica."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from engine.layers import Array
from engine.network.net import Net, quiet


def timing_replica(net: Net) -> Net:
    """A network that computes what a step of training does, and changes nothing of `net`."""
    state = net.state.copy()
    replica = Net(net.spec, dtype=net.params.dtype, params=net.params, state=state, pool_early=True)
    # Of any seed: what dropout draws makes no difference to how long it takes.
    replica.seed_noise(np.random.default_rng(0))
    return replica


@quiet
def layer_seconds(replica: Net, x: Array, labels: Array) -> list[float]:
    """Seconds that each layer took, forward and backward, for examples x (C, H, W, B), labels (B,).

    Args:
        replica: of `timing_replica`; its buffers and gradients are overwritten.
    """
    seconds = dict.fromkeys(replica.layers, 0.0)
    for layer in replica.order:
        began = perf_counter()
        x = layer.forward(x, training=True)
        seconds[layer] += perf_counter() - began
    lowest = replica.lowest_learning_layer()
    passed: Array | None = labels  # the loss takes the classes in place of a gradient
    for index in range(len(replica.order) - 1, lowest - 1, -1):
        if passed is None:
            break
        layer = replica.order[index]
        began = perf_counter()
        passed = layer.backward(passed, need_dx=index > lowest)
        seconds[layer] += perf_counter() - began
    return list(seconds.values())
