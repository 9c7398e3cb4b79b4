"""Explains units of layers that make each number of the one at the same place."""

from __future__ import annotations

import numpy as np

from engine.analysis.arithmetic.base import Pointwise
from engine.analysis.derivation import Derivation, Place
from engine.layers import Array, Layer


class InputArithmetic(Pointwise):
    """An image's pixel, scaled."""

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        return Derivation("pixel / 255 - 0.5", {"pixel": (float(x[place]) + 0.5) * 255})

    def derivative(self, layer: Layer, x: float, place: Place) -> float:
        return 1.0


class ReluArithmetic(Pointwise):
    """Negative numbers become 0."""

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        return Derivation("max(0, x)", {"x": float(x[place])})

    def derivative(self, layer: Layer, x: float, place: Place) -> float:
        return float(x > 0)


class SigmoidArithmetic(Pointwise):
    """Squeezed between 0 and 1."""

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        return Derivation("1 / (1 + exp(-x))", {"x": float(x[place])})

    def derivative(self, layer: Layer, x: float, place: Place) -> float:
        y = 0.5 * (1 + np.tanh(x / 2))
        return float(y * (1 - y))


class TanhArithmetic(Pointwise):
    """Squeezed between -1 and 1."""

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        return Derivation("tanh(x)", {"x": float(x[place])})

    def derivative(self, layer: Layer, x: float, place: Place) -> float:
        return float(1 - np.tanh(x) ** 2)


class DropoutArithmetic(Pointwise):
    """At prediction nothing is left out; all is scaled instead."""

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        numbers = {"drop_prob": layer.options["drop_prob"], "x": float(x[place])}
        return Derivation("(1 - drop_prob) * x", numbers)

    def derivative(self, layer: Layer, x: float, place: Place) -> float:
        return float(1 - layer.options["drop_prob"])


class BatchNormalizationArithmetic(Pointwise):
    """At prediction each channel is rescaled by its running averages."""

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        numbers = {"scale": _of(layer, "scale", place), "x": float(x[place])}
        numbers |= {name: _of(layer, name, place) for name in ("mean", "variance")}
        numbers |= {"eps": layer.options["eps"], "shift": _of(layer, "shift", place)}
        return Derivation("scale * (x - mean) / sqrt(variance + eps) + shift", numbers)

    def derivative(self, layer: Layer, x: float, place: Place) -> float:
        spread = np.sqrt(_of(layer, "variance", place) + layer.options["eps"])
        return float(_of(layer, "scale", place) / spread)


def _of(layer: Layer, name: str, place: Place) -> float:
    """A number that the layer has for each channel."""
    return float((layer.params | layer.state)[name][place.channel])
