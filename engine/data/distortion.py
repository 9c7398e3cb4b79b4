"""Distorts training images a little at random, so that no image is seen twice as it is.

Affine distortions after Simard, Steinkraus and Platt, "Best practices for convolutional neural
networks applied to visual document analysis" (2003).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.idx import Bytes

Array = npt.NDArray[Any]


def distortions(strength: float, count: int, rng: np.random.Generator) -> Array:
    """Maps (2, 2, count) from (row, column) of what is seen to (row, column) of the image.

    Each stretches height and width and shears by up to `strength` hundredths, then turns by up to
    `strength` degrees.
    """
    turn, high, wide, shear = rng.uniform(-strength, strength, (4, count))
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    high, wide, shear = 1 + high / 100, 1 + wide / 100, shear / 100
    return np.array(
        [
            [(cos + sin * shear) * high, sin * wide],
            [(cos * shear - sin) * high, cos * wide],
        ],
        np.float32,
    )


def distorted_windows(
    images: Bytes, indices: Array, corners: tuple[Array, Array], size: tuple[int, int], maps: Array
) -> Array:
    """What windows show when images are distorted about the windows' centers: (sy, sx, B) float32.

    Values between pixels are interpolated; beyond the image its edge is repeated.

    Args:
        images: (N, height, width).
        indices: (B,), which image each window is in.
        corners: row (B,) and column (B,) of each window's first pixel.
        size: (sy, sx) of the windows.
        maps: (2, 2, B), see `distortions`.
    """
    _, height, width = images.shape
    down, across = (np.arange(n, dtype=np.float32)[:, None] - (n - 1) / 2 for n in size)
    row, column = (
        corner.astype(np.float32) + (n - 1) / 2 for corner, n in zip(corners, size, strict=True)
    )
    # (sy, 1, B) + (sx, B) -> (sy, sx, B)
    rows = (maps[0, 0] * down + row)[:, None] + maps[0, 1] * across
    columns = (maps[1, 0] * down + column)[:, None] + maps[1, 1] * across
    np.clip(rows, 0, height - 1, out=rows)
    np.clip(columns, 0, width - 1, out=columns)
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    rows -= top
    columns -= left
    place = (indices * height + top) * width + left
    pixels = images.reshape(-1)

    def pixel(offset: int) -> Array:
        # At an edge the neighbor is some other pixel, or missing; its weight is 0.
        taken: Array = pixels.take(place + offset, mode="clip").astype(np.float32)
        return taken

    upper = _between(pixel(0), pixel(1), columns)
    lower = _between(pixel(width), pixel(width + 1), columns)
    return _between(upper, lower, rows)


def _between(start: Array, end: Array, share: Array) -> Array:
    """start + share (end - start), in the memory of `end`."""
    end -= start
    end *= share
    end += start
    return end
