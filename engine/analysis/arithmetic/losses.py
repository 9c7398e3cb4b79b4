"""Explains the outputs of the layers that end a network, and the gradients that begin there."""

from __future__ import annotations

import numpy as np

from engine.analysis.arithmetic.base import Arithmetic
from engine.analysis.derivation import Box, Derivation, Place, Terms, derived
from engine.layers import Array, Layer


class SoftmaxArithmetic(Arithmetic):
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
        scores = x.astype(np.float64)
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        return Derivation("share - truth", {"share": float(shares[place]), **_truth(dy, place)})


class SvmArithmetic(Arithmetic):
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
        within = (scores - scores[true] + 1 > 0).astype(np.float64)
        within[true] = 0
        terms = Terms("count", "sum", Box.whole(layer.in_shape), scores, None, within)
        return derived("-count", terms)


class RegressionArithmetic(Arithmetic):
    """Scores as they are; each is pulled to 1 at the true class and to 0 elsewhere."""

    def sees(self, layer: Layer, box: Box) -> Box:
        return box

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        return Derivation("x", {"x": float(x[place])})

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        return Derivation("x - truth", {"x": float(x[place]), **_truth(dy, place)})


def _truth(true: Array, place: Place) -> dict[str, float]:
    """What the class's output is to be: 1 if it is the true one, else 0."""
    return {"truth": float(int(true) == place.channel)}
