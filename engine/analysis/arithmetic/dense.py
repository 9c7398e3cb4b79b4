"""Explains units of the fully connected layer."""

from __future__ import annotations

import numpy as np

from engine.analysis.arithmetic.base import Arithmetic
from engine.analysis.derivation import Box, Derivation, Place, derived, product_sum
from engine.layers import Array, Layer


class DenseArithmetic(Arithmetic):
    """Every number of the input times its weight, and a bias."""

    def sees(self, layer: Layer, box: Box) -> Box:
        return Box.whole(layer.in_shape)

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        box = Box.whole(layer.in_shape)
        weights = layer.params["weights"][place.channel].reshape(box.shape)
        terms = product_sum(box, x.astype(np.float64), weights.astype(np.float64))
        return derived("sum + bias", terms, bias=float(layer.params["biases"][place.channel]))

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        box = Box.whole(layer.out_shape)
        weights = layer.params["weights"].reshape(-1, *layer.in_shape.array)[:, *place]
        slopes = weights.reshape(box.shape).astype(np.float64)
        return derived("sum", product_sum(box, dy.astype(np.float64), slopes))
