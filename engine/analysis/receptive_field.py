"""Which part of the input a unit can see."""

from __future__ import annotations

from typing import NamedTuple

from engine.analysis.arithmetic import ARITHMETIC
from engine.analysis.derivation import Box, Place
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
    box = Box.at(Place(0, row, column))
    for layer in reversed(net.layers[1 : index + 1]):
        box = ARITHMETIC[layer.type].sees(layer, box)
    return Field(*box.rows, *box.columns)
