"""How a unit of a network came to its number, and its gradient to its own, for one example."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.analysis.arithmetic import ARITHMETIC, LossArithmetic
from engine.analysis.derivation import Box, Derivation, Place
from engine.layers import Array
from engine.network.net import Net, quiet


@dataclass(frozen=True, eq=False)
class UnitExplanation:
    """A unit's number and its gradient, each with the sum that made it.

    Attributes:
        value: the unit's number, as the network computed it.
        forward: how it came about from the layer before.
        after: what the activation behind it, if there is one, made of it: its number, and how.
        gradient: by how much the loss rises with the unit; None without a true class, and of a
            loss layer's own units, behind which there is nothing.
        backward: how that came about from the layer behind.
        loss: of a loss layer's units, where the true class is known: the loss, and how it came
            about from all of them.
        fields: for each layer before, nearest first, the units that this one is made of.
    """

    value: float
    forward: Derivation
    after: tuple[float, Derivation] | None
    gradient: float | None
    backward: Derivation | None
    loss: tuple[float, Derivation] | None
    fields: tuple[Box, ...]


@quiet
def explain_unit(
    net: Net, x: Array, target: int | None, layer: int, place: Place
) -> UnitExplanation:
    """Run one example as in prediction, and explain a unit of it.

    Args:
        net: a replica; its buffers and gradients are overwritten.
        x: the example, (C, H, W, 1).
        target: its class; without one there is no gradient.
        layer: index of the unit's layer.

    Raises:
        IndexError: there is no such unit.
    """
    if not 0 <= layer < len(net.layers):
        raise IndexError(f"there is no layer {layer}")
    shape = net.layers[layer].out_shape
    if any(not 0 <= at < size for at, size in zip(place, shape.array, strict=True)):
        raise IndexError(f"layer {layer} of {shape} has no unit {tuple(place)}")
    net.forward(x)
    volumes = [x[..., 0], *(output[..., 0] for output in net.outputs)]
    gradient, backward, loss = None, None, None
    if target is not None and layer == len(net.layers) - 1:
        loss = _loss(net, volumes[layer], target)
    elif target is not None:
        net.backward(np.array([target]), need_dx=True)
        gradient, backward = _gradient(net, volumes, target, layer, place)
    return UnitExplanation(
        float(volumes[layer + 1][place]),
        _forward(net, volumes, layer, place),
        _after(net, volumes, layer, place),
        gradient,
        backward,
        loss,
        receptive_fields(net, layer, place),
    )


def receptive_fields(net: Net, layer: int, place: Place) -> tuple[Box, ...]:
    """For each layer before, nearest first, the units that a unit is made of."""
    boxes = [Box.at(place)]
    for upper, lower in pairwise(range(layer, -1, -1)):
        found = ARITHMETIC[net.layers[upper].type].sees(net.layers[upper], boxes[-1])
        boxes.append(found.inside(net.layers[lower].out_shape))
    return tuple(boxes[1:])


def _forward(net: Net, volumes: list[Array], layer: int, place: Place) -> Derivation:
    return ARITHMETIC[net.layers[layer].type].forward(net.layers[layer], volumes[layer], place)


def _after(
    net: Net, volumes: list[Array], layer: int, place: Place
) -> tuple[float, Derivation] | None:
    """Of an activation that maps each number by itself."""
    behind = layer + 1
    if behind == len(net.layers) or not net.layers[behind].monotonic:
        return None
    return float(volumes[behind + 1][place]), _forward(net, volumes, behind, place)


def _loss(net: Net, scores: Array, target: int) -> tuple[float, Derivation]:
    arithmetic = ARITHMETIC[net.loss_layer.type]
    assert isinstance(arithmetic, LossArithmetic), "the spec ends in a loss"
    derivation = arithmetic.loss(net.loss_layer, scores, target)
    return net.loss_layer.loss(np.array([target])), derivation


def _gradient(
    net: Net, volumes: list[Array], target: int, layer: int, place: Place
) -> tuple[float, Derivation]:
    behind, own = net.layers[layer + 1], net.output_gradients[layer]
    assert own is not None, "it was asked for"
    passed = net.output_gradients[layer + 1]
    dy = np.asarray(target) if passed is None else passed[..., 0]
    derivation = ARITHMETIC[behind.type].backward(behind, volumes[layer + 1], dy, place)
    return float(own[..., 0][place]), derivation
