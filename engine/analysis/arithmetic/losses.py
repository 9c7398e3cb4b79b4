"""Explains the outputs of the layers that end a network, and the gradients that begin there."""

from __future__ import annotations

import numpy as np

from engine.analysis.arithmetic.base import LossArithmetic
from engine.analysis.derivation import Box, Derivation, Place, Terms, derived
from engine.layers import Array, Layer


class SoftmaxArithmetic(LossArithmetic):
    """A class's share of the exponentials of all scores."""

    def sees(self, layer: Layer, box: Box) -> Box:
        return Box.whole(layer.in_shape)

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        box, scores = Box.whole(layer.in_shape), x.astype(np.float64)
        largest = float(scores.max())
        terms = Terms("sum", "sum", box, scores, None, np.exp(scores - largest))
        numbers = {"x": float(x[place]), "largest": largest, "sum": terms.total}
        return Derivation("exp(x - largest) / sum", numbers, terms)

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        return Derivation("share - truth", {"share": _share(x, place.channel), **_truth(dy, place)})

    def loss(self, layer: Layer, x: Array, target: int) -> Derivation:
        # As in the layer, a share that has vanished counts as the smallest positive number.
        share = max(_share(x, target), float(np.finfo(x.dtype).tiny))
        return Derivation("-log(share)", {"share": share})


class SvmArithmetic(LossArithmetic):
    """Scores as they are; each that comes closer to the true one than the margin pushes."""

    def sees(self, layer: Layer, box: Box) -> Box:
        return box

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        return Derivation("x", {"x": float(x[place])})

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        scores, true = x.astype(np.float64), int(dy)
        if place.channel != true:
            numbers = {"x": float(x[place]), "x_true": float(scores[true].item())}
            return Derivation("step(x - x_true + 1)", numbers)
        within = (_margins(scores, true) > 0).astype(np.float64)
        terms = Terms("count", "sum", Box.whole(layer.in_shape), scores, None, within)
        return derived("-count", terms)

    def loss(self, layer: Layer, x: Array, target: int) -> Derivation:
        scores = x.astype(np.float64)
        margins = _margins(scores, target)
        return derived("sum", Terms("sum", "sum", Box.whole(layer.in_shape), scores, None, margins))


class RegressionArithmetic(LossArithmetic):
    """Scores as they are; each is pulled to 1 at the true class and to 0 elsewhere."""

    def sees(self, layer: Layer, box: Box) -> Box:
        return box

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        return Derivation("x", {"x": float(x[place])})

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        return Derivation("x - truth", {"x": float(x[place]), **_truth(dy, place)})

    def loss(self, layer: Layer, x: Array, target: int) -> Derivation:
        errors = x.astype(np.float64)
        errors[target] -= 1
        box = Box.whole(layer.in_shape)
        return derived("sum / 2", Terms("sum", "sum", box, errors, errors, errors * errors))


def _share(x: Array, channel: int) -> float:
    """The probability of a class."""
    scores = x.astype(np.float64)
    exponentials = np.exp(scores - scores.max())
    return float(exponentials[channel].item() / exponentials.sum())


def _margins(scores: Array, true: int) -> Array:
    """By how much each score comes closer to the true one than 1; at least 0, and 0 of that."""
    margins: Array = np.maximum(scores - scores[true] + 1, 0)
    margins[true] = 0
    return margins


def _truth(true: Array, place: Place) -> dict[str, float]:
    """What the class's output is to be: 1 if it is the true one, else 0."""
    return {"truth": float(int(true) == place.channel)}
