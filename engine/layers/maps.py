"""Arithmetic on feature maps (C, H, W, B) that `Layer.maps` laid out row by row in memory.

Other arrays work too, but are copied on the way.
"""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array


def by_row(maps: Array) -> Array:
    """One matrix per row, (H, C, W*B), of maps (C, H, W, B); a view of what `Layer.maps` made."""
    depth, height, width, batch = maps.shape
    return maps.swapaxes(0, 1).reshape(height, depth, width * batch)


def channel_sums(maps: Array) -> Array:
    """Sum over each channel of feature maps (C, H, W, B): (C,)."""
    rows = by_row(maps)
    # A product with ones, (H, C, W*B) @ (W*B): half the time of a sum over two axes.
    sums: Array = (rows @ np.ones(rows.shape[2], rows.dtype)).sum(axis=0)
    return sums


def channel_dots(a: Array, b: Array) -> Array:
    """Sum of a * b over each channel of feature maps (C, H, W, B): (C,)."""
    dots: Array = np.vecdot(by_row(a), by_row(b)).sum(axis=0)
    return dots


def by_channel(values: Array, maps: Array) -> Array:
    """One number per channel (C,), repeated for a row of feature maps (C, H, W, B): (C, 1, W, B).

    NumPy processes two long rows half again as fast as one row and single numbers.
    """
    depth, _, width, batch = maps.shape
    return np.repeat(values, width * batch).reshape(depth, 1, width, batch)
