"""Sliding windows over padded images: the arithmetic that convolution and pooling share."""

from __future__ import annotations

from engine.layers.base import Option, Options, Shape, ShapeError

HUGE = 10_000
"""No window, stride or padding is larger: far beyond any image, far below any overflow."""


def window_options(stride: int) -> tuple[Option, ...]:
    """The options of a layer that slides a window, with its default stride."""
    return (
        Option("sx", int, minimum=1, maximum=HUGE, help="window width"),
        Option("sy", int, minimum=1, maximum=HUGE, same_as="sx", help="window height"),
        Option("stride", int, default=stride, minimum=1, maximum=HUGE, help="step in pixels"),
        Option("pad", int, default=0, minimum=0, maximum=HUGE, help="padding on every side"),
    )


def window_counts(name: str, in_shape: Shape, options: Options) -> tuple[int, int]:
    """How many windows fit across and down: floor((in + 2 pad - size) / stride + 1).

    Raises:
        ShapeError: not one fits, or a window could lie in the padding alone.
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
    """For each offset in a window along `axis`, where that number stands for all windows."""
    before = (slice(None),) * axis
    span = stride * (count - 1) + 1
    return [(*before, slice(offset, offset + span, stride)) for offset in range(size)]


def overlaps(
    size: int, stride: int, pad: int, length: int, count: int
) -> list[tuple[slice, slice]]:
    """For each offset in a window: where it meets the input along an axis, and in which windows.

    Of `count` windows over an axis of `length` padded by `pad`; both slices are as long.
    """
    pairs = []
    for offset in range(size):
        # Window i stands at i*stride + offset - pad, from 0 to length - 1.
        first = max(0, -((offset - pad) // stride))
        last = max(first, min(count, (length - 1 + pad - offset) // stride + 1))
        start = first * stride + offset - pad
        pairs.append((slice(start, start + (last - first) * stride, stride), slice(first, last)))
    return pairs
