"""How one number of a network came about: a formula, and the terms behind one of its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from engine.layers import Array, Shape


class Place(NamedTuple):
    """Where a unit is in its layer's volume."""

    channel: int
    row: int
    column: int


class Box(NamedTuple):
    """Part of a volume: along each axis the first, and one past the last.

    It may reach over the edges of its volume, into what a layer pads it with.
    """

    channels: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]

    @classmethod
    def at(cls, place: Place) -> Box:
        """A single unit."""
        channel, row, column = place
        return cls((channel, channel + 1), (row, row + 1), (column, column + 1))

    @classmethod
    def whole(cls, shape: Shape) -> Box:
        """All units of a volume."""
        return cls(*((0, size) for size in shape.array))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns)."""
        channels, rows, columns = (end - first for first, end in self)
        return channels, rows, columns

    def inside(self, shape: Shape) -> Box:
        """The part that lies in a volume."""
        return Box(
            *(
                (min(max(0, first), size), max(0, min(end, size)))
                for (first, end), size in zip(self, shape.array, strict=True)
            )
        )

    def cut(self, volume: Array, outside: float = np.nan) -> Array:
        """These units of a volume (C, H, W), in float64; `outside` stands beyond its edges."""
        depth, height, width = volume.shape
        inner = self.inside(Shape(width, height, depth))
        found = np.full(self.shape, outside, np.float64)
        target = tuple(
            slice(first - start, end - start)
            for (first, end), (start, _) in zip(inner, self, strict=True)
        )
        found[target] = volume[tuple(slice(*axis) for axis in inner)]
        return found


@dataclass(frozen=True, eq=False)
class Terms:
    """The units of a neighboring layer that a number was made of.

    Attributes:
        of: which number of the formula they give.
        how: whether that is their sum, or the largest of them.
        box: which units they are.
        inputs: their numbers, with the shape of `box`; NaN where a layer does not look.
        factors: what each is multiplied by; None where there is no multiplication.
        parts: what each contributes.
    """

    of: str
    how: Literal["sum", "largest"]
    box: Box
    inputs: Array
    factors: Array | None
    parts: Array

    @property
    def total(self) -> float:
        """The number that they give."""
        if not np.isfinite(self.parts).any():
            return 0.0
        combine = np.nansum if self.how == "sum" else np.nanmax
        return float(combine(self.parts))


@dataclass(frozen=True, eq=False)
class Derivation:
    """A number, as the value of a formula.

    Attributes:
        formula: an expression over the names in `numbers`, in Python's notation, with exp, log,
            sqrt, tanh, max, and step(x), which is 1 for positive x and else 0.
        numbers: by name, in the order of the formula.
        terms: what one of these numbers was made of, where there is more to tell.
    """

    formula: str
    numbers: Mapping[str, float]
    terms: Terms | None = None


def derived(formula: str, terms: Terms, **numbers: float) -> Derivation:
    """A formula over what the terms give, and further numbers."""
    return Derivation(formula, {terms.of: terms.total, **numbers}, terms)


def product_sum(box: Box, inputs: Array, factors: Array) -> Terms:
    """The sum of inputs times factors, arrays of the shape of `box`."""
    return Terms("sum", "sum", box, inputs, factors, inputs * factors)
