"""What must be known of a layer type to explain one of its units."""

from __future__ import annotations

from abc import ABC, abstractmethod

from engine.analysis.derivation import Box, Derivation, Place, product_sum
from engine.layers import Array, Layer


class Arithmetic(ABC):
    """How a layer type makes one number out of others, in both directions, when it predicts.

    Written from the layer's definition and not with its code, so that the two check each other.
    Volumes are of one example, (C, H, W).
    """

    @abstractmethod
    def sees(self, layer: Layer, box: Box) -> Box:
        """The units of the input that units of the output are made of; it may hold padding."""

    @abstractmethod
    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        """How a unit of the output came about from the input `x`."""

    @abstractmethod
    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        """How the gradient by a unit of the input `x` came about.

        `dy` is the gradient by the output; of a loss it is the true class, an array of no
        dimensions.
        """


class LossArithmetic(Arithmetic):
    """Of layers that end a network."""

    @abstractmethod
    def loss(self, layer: Layer, x: Array, target: int) -> Derivation:
        """How the example's loss came about from the scores `x`, (C, 1, 1)."""


class Pointwise(Arithmetic):
    """Of layers that make each number of the one at the same place."""

    def sees(self, layer: Layer, box: Box) -> Box:
        return box

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        box = Box.at(place)
        factor = self.derivative(layer, float(x[place]), place)
        terms = product_sum(box, box.cut(dy), box.cut(dy) * 0 + factor)
        return Derivation("sum", {"sum": terms.total}, terms)

    @abstractmethod
    def derivative(self, layer: Layer, x: float, place: Place) -> float:
        """By how much the output rises with its input."""
