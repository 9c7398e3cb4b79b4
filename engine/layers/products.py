"""Stacks of matrix products, cut into pieces of the size that BLAS multiplies fastest."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from threadpoolctl import threadpool_info

from engine.layers.base import Array

ALIGNED = 16
"""Single-precision numbers in a cache line."""

_WITH_SMALL_KERNELS = {"SkylakeX", "Cooperlake", "SapphireRapids"}
_SMALL = 1_000_000
"""Up to so many multiplications OpenBLAS's AVX-512 kernels take matrices as they are. It copies
larger ones first, which for the few rows of a convolution costs a quarter of the time or more."""
_SHORTEST, _SHORTEST_SUMMED = 32, 256
"""Shorter pieces take longer than one large product does: the latter have to be added up."""


@cache
def _has_small_kernels() -> bool:
    """What follows from the processor alone, so that the same seed stays the same run on it."""
    return any(library.get("architecture") in _WITH_SMALL_KERNELS for library in threadpool_info())


def aligned(length: int) -> int:
    """The length, rounded up to whole cache lines of single-precision numbers."""
    return -(-length // ALIGNED) * ALIGNED


def multiply(left: Array, right: Array, out: Array) -> None:
    """Set `out`, (H, M, N), to the products of left (M, K) and right (H, K, N)."""
    length = right.shape[2]
    size = _piece(length, left.size, _SHORTEST)
    whole = length - length % size
    np.matmul(left, _cut(right, size, whole), out=_cut(out, size, whole))
    if whole < length:
        np.matmul(left, right[:, :, whole:], out=out[:, :, whole:])


def sum_of_products(left: Array, right: Array, room: Callable[[tuple[int, ...]], Array]) -> Array:
    """The sum (M, N) of the products of left (H, M, K) and right (H, K, N).

    Args:
        room: gives an array of the shape asked for, to be overwritten.
    """
    height, rows, length = left.shape
    columns = right.shape[2]
    size = _piece(length, rows * columns, _SHORTEST_SUMMED)
    whole = length - length % size
    products = room((height, -(-length // size), rows, columns))
    transposed = right.swapaxes(1, 2)
    np.matmul(
        _cut(left, size, whole),
        _cut(transposed, size, whole).swapaxes(2, 3),
        out=products[:, : whole // size],
    )
    if whole < length:
        np.matmul(left[:, :, whole:], right[:, whole:], out=products[:, -1])
    total: Array = products.reshape(-1, rows, columns).sum(axis=0)
    return total


def _piece(length: int, each: int, shortest: int) -> int:
    """How long to cut a side of this length, at `each` multiplications for one of it."""
    longest = _SMALL // each // ALIGNED * ALIGNED
    if length <= longest or longest < shortest or not _has_small_kernels():
        return length
    return aligned(-(-length // -(-length // longest)))


def _cut(matrices: Array, size: int, whole: int) -> Array:
    """Their first `whole` columns in pieces, (H, M, N) to (H, pieces, M, size); a view."""
    height, rows, _ = matrices.shape
    return matrices[:, :, :whole].reshape(height, rows, -1, size).swapaxes(1, 2)
