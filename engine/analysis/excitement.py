"""How strongly a network's channels answer, as it is shown to people."""

from __future__ import annotations

from engine.layers import Array
from engine.network.net import Net, quiet
from engine.network.part_way import score_layer


def layer_asked(net: Net, layer: int) -> int:
    """Where to look for what excites a layer: instead of the loss, the scores that it compares.

    Many probabilities are as good as 1; scores still tell the best from the good.
    """
    return min(layer, score_layer(net))


@quiet
def excitement(net: Net, layer: int, y: Array) -> Array:
    """Outputs (C, H, W, B) of a layer, as they count: scores above the mean of all classes.

    The loss depends on nothing but their differences. Other layers' count as they are.
    """
    if layer != score_layer(net):
        return y
    above: Array = y - y.mean(axis=0, keepdims=True)
    return above
