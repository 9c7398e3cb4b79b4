"""Which part of the input a unit can see."""

from __future__ import annotations

from typing import NamedTuple

from engine.layers import Layer
from engine.network.net import Net


class Field(NamedTuple):
    """Rows and columns of the input, each the first and one past the last; they can lie outside."""

    top: int
    bottom: int
    left: int
    right: int


def receptive_field(net: Net, index: int, row: int, column: int) -> Field:
    """What the units at this place in the maps of layer `index` see of the input.

    From the unit down, each window sees `stride` times as far apart and its own size more; see
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).
    """
    field = Field(row, row + 1, column, column + 1)
    for layer in reversed(net.layers[: index + 1]):
        field = _seen_by(layer, field)
    return field


def _seen_by(layer: Layer, field: Field) -> Field:
    options = layer.options
    if layer.type == "fc":
        _, height, width = layer.in_shape.array
        return Field(0, height, 0, width)
    if "stride" not in options:
        return field
    stride, pad = options["stride"], options["pad"]
    return Field(
        field.top * stride - pad,
        (field.bottom - 1) * stride - pad + options["sy"],
        field.left * stride - pad,
        (field.right - 1) * stride - pad + options["sx"],
    )
