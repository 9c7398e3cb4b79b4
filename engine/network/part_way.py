"""Passes that end inside a network, for questions about one of its layers."""

from __future__ import annotations

from engine.layers import Array
from engine.network.net import Net, quiet


@quiet
def forward_to(net: Net, index: int, x: Array) -> Array:
    """Outputs (C, H, W, B) of layer `index`, as in prediction, for inputs (C, H, W, B).

    A buffer of the layer's, that the next pass overwrites. The layers after it are not run.
    """
    for layer in net.layers[: index + 1]:
        x = layer.forward(x)
    return x


@quiet
def input_gradient(net: Net, index: int, dy: Array) -> Array:
    """Gradient by the input, (C, H, W, B), of the sum of dy times the output of layer `index`.

    Of the last `forward_to` that layer, which is not the loss. Overwrites `net.grads`.
    """
    for layer in reversed(net.layers[: index + 1]):
        dx = layer.backward(dy)
        assert dx is not None, "asked for by default"
        dy = dx
    return dy


def score_layer(net: Net) -> int:
    """Index of the layer whose outputs, one for each class, the loss compares."""
    return len(net.layers) - 2
