"""Sliding windows over padded images: the arithmetic that convolution and pooling share."""

from __future__ import annotations

from typing import NamedTuple

from engine.layers.base import Shape, ShapeError
from engine.options import Option, Options

HUGE = 10_000
"""The largest window, stride or padding: far larger than any image, far from any overflow."""


def window_options(stride: int) -> tuple[Option, ...]:
    """The options of a layer that slides a window, with its default stride."""
    return (
        Option("sx", int, minimum=1, maximum=HUGE, help="window width"),
        Option("sy", int, minimum=1, maximum=HUGE, same_as="sx", help="window height"),
        Option("stride", int, default=stride, minimum=1, maximum=HUGE, help="step in pixels"),
        Option(
            "pad", int, default=0, minimum=0, maximum=HUGE, help="rows of padding on every side"
        ),
    )


def window_counts(name: str, in_shape: Shape, options: Options) -> tuple[int, int]:
    """How many windows fit across and down: floor((in + 2 pad - size) / stride + 1).

    Raises:
        ShapeError: not even one fits, or a window could see nothing but padding.
    """
    sx, sy, stride, pad = (options[key] for key in ("sx", "sy", "stride", "pad"))
    padded = f" padded by {pad}" if pad else ""
    if sx > in_shape.sx + 2 * pad or sy > in_shape.sy + 2 * pad:
        raise ShapeError(f"{name} {sx}x{sy} does not fit its {in_shape} input{padded}")
    if pad >= sx or pad >= sy:
        raise ShapeError(f"{name} {sx}x{sy} would see nothing but padding: pad is {pad}")
    return (
        (in_shape.sx + 2 * pad - sx) // stride + 1,
        (in_shape.sy + 2 * pad - sy) // stride + 1,
    )


def taps(axis: int, size: int, stride: int, count: int) -> list[tuple[slice, ...]]:
    """For each offset in a window along `axis`, where all windows have that number."""
    before = (slice(None),) * axis
    span = stride * (count - 1) + 1
    return [(*before, slice(offset, offset + span, stride)) for offset in range(size)]


class Overlap(NamedTuple):
    """Where one offset of a sliding window falls inside the input, and for which windows."""

    offset: int
    inside: slice
    windows: slice


def overlaps(size: int, stride: int, pad: int, length: int, count: int) -> list[Overlap]:
    """For each offset in `count` windows over an axis of `length` padded by `pad`; widest first."""
    found = []
    for offset in range(size):
        # Window i has it at i*stride + offset - pad, which lies inside from 0 to length - 1.
        first = max(0, -((offset - pad) // stride))
        last = max(first, min(count, (length - 1 + pad - offset) // stride + 1))
        start = first * stride + offset - pad
        inside = slice(start, start + (last - first) * stride, stride)
        found.append(Overlap(offset, inside, slice(first, last)))
    return sorted(found, key=lambda each: each.windows.start - each.windows.stop)
