"""Why this answer: how much each part of an image speaks for a class."""

from __future__ import annotations

import numpy as np

from engine.analysis.slices import Slices
from engine.layers import Array
from engine.network.net import Net
from engine.network.part_way import forward_to, input_gradient, score_layer
from engine.network.passes import chunk_size, chunks

BLACK, GRAY = -0.5, 0.0
"""What the empty background of a digit is to a network, and the middle between black and white."""
MOST_NUMBERS = 12_000_000
"""Activations computed for one map of occlusion; large networks are asked at fewer places."""


def gradient_times_ink(net: Net, x: Array, target: int) -> Array:
    """How much each pixel's ink raises (positive) or lowers the score of a class: (H, W).

    The gradient of the score before the loss, times the pixel's brightness from 0 (black) to 1:
    the gradient times input of Shrikumar, Greenside, Shcherbina and Kundaje, "Not just a black
    box" (2016), counted from the empty background. Summed over the channels of the input.

    Args:
        net: a replica; its buffers and gradients are overwritten.
        x: the example, (C, H, W, 1).
        target: the class; any number below that of the network's outputs.
    """
    last = score_layer(net)
    chosen = np.zeros_like(forward_to(net, last, x))
    chosen[target] = 1
    gradient = input_gradient(net, last, chosen)
    ink: Array = (gradient * (x - x.dtype.type(BLACK))).sum(axis=0)
    return ink[..., 0]


def occlusion(
    net: Net, x: Array, target: int, side: int = 5, most: int = MOST_NUMBERS
) -> Slices[Array]:
    """How much the probability of a class falls where a gray square covers the image: (H, W).

    At each pixel the fall, from -1 to 1, with a square of `side` pixels centered there; where it
    rises, the fall is negative. Of huge networks only some places are measured, evenly spread,
    and each stands for those around it. After Zeiler and Fergus, "Visualizing and understanding
    convolutional networks" (2014), section 4.2.

    Args:
        net: keeps its weights until the end; its buffers are overwritten.
        x: the example, (C, H, W, 1).
        target: the class.
        side: odd.
        most: how many activations may be computed.
    """
    _, height, width, _ = x.shape
    step = _step(net.spec.activations, height, width, most)
    rows, columns = _spread(height, step), _spread(width, step)
    places = [(row, column) for row in rows for column in columns]
    probability = np.empty(len(places), np.float64)
    for chunk in chunks(len(places), chunk_size(net)):
        covered = _covered(x, places[chunk], side // 2)
        probability[chunk] = net.probabilities(covered)[target]
        yield
    fall = float(net.probabilities(x)[target, 0]) - probability
    coarse = fall.reshape(len(rows), len(columns))
    fine: Array = coarse[np.ix_(_nearest(rows, height), _nearest(columns, width))]
    return fine


def _step(activations: int, height: int, width: int, most: int) -> int:
    """How many pixels apart the places are that are covered."""
    step = 1
    while step < max(height, width) and -(-height // step) * -(-width // step) * activations > most:
        step += 1
    return step


def _covered(x: Array, places: list[tuple[int, int]], reach: int) -> Array:
    covered = np.repeat(x, len(places), axis=3)
    for index, (row, column) in enumerate(places):
        top, left = max(0, row - reach), max(0, column - reach)
        covered[:, top : row + reach + 1, left : column + reach + 1, index] = GRAY
    return covered


def _spread(size: int, step: int) -> Array:
    """Every `step`-th place of `size`, as far from one edge as from the other."""
    count = -(-size // step)
    return (size - 1 - (count - 1) * step) // 2 + step * np.arange(count)


def _nearest(places: Array, size: int) -> Array:
    """For each of `size` pixels, the index of the place nearest to it."""
    distances = np.abs(np.arange(size)[:, None] - places[None])
    nearest: Array = distances.argmin(axis=1)
    return nearest
