"""Forward and backward of many examples through one network, in pieces that fit the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import NamedTuple, TypeAlias

import numpy as np

from engine.layers import Array
from engine.layers.normalization import GHOST_BATCH
from engine.network.net import Net

CHUNK = 64
"""Examples that go through a network at once: with fewer, NumPy's inner loops are short."""
CHUNK_NUMBERS = 1_600_000
"""Activations computed at once in large networks, though for at least `GHOST_BATCH` examples."""

Between: TypeAlias = Callable[[float], None]
"""Called between two chunks with the share that is done. What it raises ends the pass."""


class PassStats(NamedTuple):
    """Sums over the examples of a pass, and the seconds that each direction took."""

    loss: float
    correct: int
    forward_seconds: float
    backward_seconds: float


def chunk_size(net: Net) -> int:
    """How many examples go through this network at once."""
    if net.mixes_examples:
        return GHOST_BATCH
    return max(GHOST_BATCH, min(CHUNK, CHUNK_NUMBERS // net.spec.activations))


def chunks(count: int, size: int) -> Iterator[slice]:
    """Cut `count` examples into pieces of at most `size`.

    All have the same number where less than twice the fewest pieces allow that, since layers need
    new room whenever it changes; else they are as equal as possible.
    """
    fewest = -(-count // size)
    return equal_pieces(
        count, next((n for n in range(fewest, 2 * fewest) if count % n == 0), fewest)
    )


def equal_pieces(count: int, number: int) -> Iterator[slice]:
    """Cut `count` examples into so many pieces, as equal as possible."""
    for piece in range(number):
        yield slice(count * piece // number, count * (piece + 1) // number)


def train_pass(net: Net, x: Array, labels: Array, between: Between | None = None) -> PassStats:
    """Set `net.grads` to the gradients summed over the examples x (C, H, W, B), labels (B,)."""
    loss, correct, forward_seconds, backward_seconds = 0.0, 0, 0.0, 0.0
    summed: Array | None = None
    size = chunk_size(net)
    for chunk in chunks(len(labels), size):
        start = perf_counter()
        scores = net.forward(x[..., chunk], training=True)
        middle = perf_counter()
        loss += net.backward(labels[chunk])
        backward_seconds += perf_counter() - middle
        forward_seconds += middle - start
        correct += count_correct(scores, labels[chunk])
        if len(labels) > size:
            summed = net.grads.copy() if summed is None else np.add(summed, net.grads, out=summed)
        if between is not None and chunk.stop < len(labels):
            between(chunk.stop / len(labels))
    if summed is not None:
        np.copyto(net.grads, summed)
    return PassStats(loss, correct, forward_seconds, backward_seconds)


def count_correct(scores: Array, labels: Array) -> int:
    """How many of the examples have their highest score (C, 1, 1, B) at their label (B,)."""
    return int(np.count_nonzero(scores[:, 0, 0].argmax(axis=0) == labels))
