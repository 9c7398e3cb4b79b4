"""Explains units of layers that slide a window: conv, pool and avgpool."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from engine.analysis.arithmetic.base import Arithmetic
from engine.analysis.derivation import Box, Derivation, Place, Terms, derived, product_sum
from engine.layers import Array, Layer

Span = tuple[int, int]


class Sliding(Arithmetic):
    """A window at (row * stride - pad, column * stride - pad)."""

    def sees(self, layer: Layer, box: Box) -> Box:
        rows, columns = _seen(layer, "sy", box.rows), _seen(layer, "sx", box.columns)
        return Box(self.channels_seen(layer, box.channels), rows, columns)

    def backward(self, layer: Layer, x: Array, dy: Array, place: Place) -> Derivation:
        rows = _seen_by(layer, "sy", place.row, layer.out_shape.sy)
        columns = _seen_by(layer, "sx", place.column, layer.out_shape.sx)
        box = Box(self.channels_made(layer, place.channel), rows, columns)
        return derived("sum", product_sum(box, box.cut(dy), self.slopes(layer, x, box, place)))

    def channels_seen(self, layer: Layer, channels: Span) -> Span:
        """The input's channels that some of the output are made of."""
        return channels

    def channels_made(self, layer: Layer, channel: int) -> Span:
        """The output's channels that are made of one of the input."""
        return channel, channel + 1

    @abstractmethod
    def slopes(self, layer: Layer, x: Array, box: Box, place: Place) -> Array:
        """By how much the output's units in `box` rise with one of the input, which all see."""


class ConvArithmetic(Sliding):
    """A filter's products with the patch under it, and a bias."""

    def channels_seen(self, layer: Layer, channels: Span) -> Span:
        return 0, layer.in_shape.depth

    def channels_made(self, layer: Layer, channel: int) -> Span:
        return 0, layer.out_shape.depth

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        box = self.sees(layer, Box.at(place))
        filters = layer.params["weights"][place.channel].astype(np.float64)
        terms = product_sum(box, box.cut(x, outside=0), filters)
        return derived("sum + bias", terms, bias=float(layer.params["biases"][place.channel]))

    def slopes(self, layer: Layer, x: Array, box: Box, place: Place) -> Array:
        rows = [_offset(layer, row, place.row) for row in range(*box.rows)]
        columns = [_offset(layer, column, place.column) for column in range(*box.columns)]
        met: Array = layer.params["weights"][:, place.channel, rows][:, :, columns]
        return met.astype(np.float64)


class Pooling(Sliding):
    """A window over a single channel."""

    def slopes(self, layer: Layer, x: Array, box: Box, place: Place) -> Array:
        slopes = np.zeros(box.shape)
        for row in range(*box.rows):
            for column in range(*box.columns):
                window = self.sees(layer, Box.at(Place(place.channel, row, column))).cut(x)[0]
                met = _offset(layer, row, place.row), _offset(layer, column, place.column)
                slopes[0, row - box.rows[0], column - box.columns[0]] = self.share(window, met)
        return slopes

    @abstractmethod
    def share(self, window: Array, at: tuple[int, int]) -> float:
        """By how much the window's unit rises with the number at this place of the window.

        (rows, columns) of numbers, NaN outside the input.
        """


class MaxPoolArithmetic(Pooling):
    """The largest number under a window."""

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        box = self.sees(layer, Box.at(place))
        inputs = box.cut(x)
        return derived("largest", Terms("largest", "largest", box, inputs, None, inputs))

    def share(self, window: Array, at: tuple[int, int]) -> float:
        # Rows are compared first, then columns; the earlier number wins a tie.
        window = np.where(np.isfinite(window), window, -np.inf)
        column = int(window.max(axis=0).argmax())
        return float(at == (int(window[:, column].argmax()), column))


class AveragePoolArithmetic(Pooling):
    """The mean of the numbers under a window."""

    def forward(self, layer: Layer, x: Array, place: Place) -> Derivation:
        box = self.sees(layer, Box.at(place))
        inputs = box.cut(x)
        count = float(np.prod(box.inside(layer.in_shape).shape))
        return derived("sum / count", Terms("sum", "sum", box, inputs, None, inputs), count=count)

    def share(self, window: Array, at: tuple[int, int]) -> float:
        return float(1 / np.isfinite(window).sum())


def _seen(layer: Layer, size: str, span: Span) -> Span:
    """What windows see along one axis, from the first one's start to the last one's end."""
    stride, pad = layer.options["stride"], layer.options["pad"]
    first, end = span
    return first * stride - pad, (end - 1) * stride - pad + layer.options[size]


def _seen_by(layer: Layer, size: str, at: int, count: int) -> Span:
    """Which of `count` windows along one axis see a place."""
    stride, padded = layer.options["stride"], at + layer.options["pad"]
    first = max(0, -((layer.options[size] - 1 - padded) // stride))
    return first, max(first, min(count, padded // stride + 1))


def _offset(layer: Layer, window: int, at: int) -> int:
    """How far into a window a place lies, along one axis."""
    return int(at + layer.options["pad"] - window * layer.options["stride"])
