"""Explains units of layers that look at several channels of one place: maxout and lrn."""

from __future__ import annotations

import numpy as np

from engine.analysis.arithmetic.base import Arithmetic
from engine.analysis.derivation import Box, Derivation, Place, Terms, derived, product_sum
from engine.layers import Array, Layer


class MaxoutArithmetic(Arithmetic):
    """The largest of a group of channels."""

    def sees(self, layer: Layer, box: Box) -> Box:
        group = layer.options["group_size"]
        first, end = box.channels
        return box._replace(channels=(first * group, end * group))

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        box = self.sees(layer, Box.at(place))
        inputs = box.cut(x)
        return derived("largest", Terms("largest", "largest", box, inputs, None, inputs))

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        group = layer.options["group_size"]
        # Channels left over after the last whole group go into no output.
        box = Box.at(place._replace(channel=place.channel // group)).inside(layer.out_shape)
        seen = self.sees(layer, box).cut(x)
        won = seen.size > 0 and int(seen.argmax()) == place.channel % group
        return derived("sum", product_sum(box, box.cut(dy), np.full(box.shape, float(won))))


class LocalResponseNormalizationArithmetic(Arithmetic):
    """Divided by a power of what the channels around it hold."""

    def sees(self, layer: Layer, box: Box) -> Box:
        half = layer.options["n"] // 2
        first, end = box.channels
        return box._replace(channels=(first - half, end + half)).inside(layer.in_shape)

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        box = self.sees(layer, Box.at(place))
        inputs = box.cut(x)
        terms = Terms("sum", "sum", box, inputs, inputs, inputs * inputs)
        numbers = {name: float(layer.options[name]) for name in ("k", "alpha", "n")}
        numbers |= {"sum": terms.total, "beta": layer.options["beta"]}
        formula = "x / (k + alpha / n * sum) ** beta"
        return Derivation(formula, {"x": float(x[place]), **numbers}, terms)

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        k, n, alpha, beta = (layer.options[key] for key in ("k", "n", "alpha", "beta"))
        # A window around a channel holds exactly those channels whose windows hold that one.
        box = self.sees(layer, Box.at(place))
        column = x[:, place.row, place.column].astype(np.float64)
        slopes = np.zeros(box.shape)
        for index, channel in enumerate(range(*box.channels)):
            around = self.sees(layer, Box.at(place._replace(channel=channel))).channels
            scale = k + alpha / n * np.square(column[slice(*around)]).sum()
            spread = 2 * alpha * beta / n * column[channel] * column[place.channel] / scale
            slopes[index] = ((channel == place.channel) - spread) * scale**-beta
        return derived("sum", product_sum(box, box.cut(dy), slopes))
