"""Cuts maps to what a screen can show: those of a huge network are tens of megabytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MOST_PIXELS = 1_000_000
"""Of all maps in a message. Drawn at two to one, half of them fill a screen of two million."""

Pixels = npt.NDArray[np.uint8]


def room_for(sizes: Sequence[int], most: int = MOST_PIXELS) -> int:
    """How many pixels each map may have, so that maps of these sizes have no more than `most`
    together: what small ones leave is shared among the large.
    """
    left = most
    for index, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - index)
        if size > share:
            return share
        left -= size
    return most


def cut(pixels: Pixels, room: int) -> Pixels:
    """The first filters or channels (..., H, W) that there is room for, and one at least.

    Of a single filter that is too large, the first slices; a single picture is made smaller, by
    leaving out pixels.
    """
    for axis in range(pixels.ndim - 2):
        count = max(1, room * pixels.shape[axis] // pixels.size)
        if count < pixels.shape[axis]:
            pixels = pixels.take(range(count), axis)
    step = 1
    while pixels[..., ::step, ::step].size > max(1, room):
        step += 1
    return pixels[..., ::step, ::step]
