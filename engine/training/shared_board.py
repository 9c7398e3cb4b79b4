"""Shared memory for the processes that a batch is split over."""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
from math import prod
from typing import TypeAlias

import numpy as np

from engine.language import NetSpec
from engine.layers import Array
from engine.network.net import Net
from engine.network.passes import Between, PassStats, train_pass

CACHE_LINE = 64

Fields: TypeAlias = dict[str, tuple[tuple[int, ...], str]]


class Board:
    """Named arrays in memory that processes share."""

    def __init__(self, fields: Fields, file: int | None = None) -> None:
        """Allocate memory, or map that of another process's board, by its file descriptor `file`.

        Args:
            fields: shape and dtype of each array.
        """
        offsets, size = [], 0
        for shape, dtype in fields.values():
            offsets.append(size)
            size += -(-prod(shape) * np.dtype(dtype).itemsize // CACHE_LINE) * CACHE_LINE
        self.fields = fields
        # Memory without a name: nothing is left behind, however the processes end.
        self.file = _anonymous_file(size) if file is None else file
        try:
            memory = mmap.mmap(self.file, size)
        except OSError as error:
            os.close(self.file)
            if error.errno == errno.ENOMEM:
                raise MemoryError(f"no room for {size} bytes") from None
            raise
        self._arrays: dict[str, Array] = {
            key: np.ndarray(shape, dtype, memory, offset)
            for (key, (shape, dtype)), offset in zip(fields.items(), offsets, strict=True)
        }

    def __getitem__(self, key: str) -> Array:
        return self._arrays[key]

    def lane(self, spec: NetSpec, index: int) -> Net:
        """The network of one lane: shared parameters, but its own gradients and statistics."""
        return Net(
            spec,
            dtype=self["params"].dtype,
            params=self["params"],
            grads=self["grads"][index],
            state=self["states"][index],
            pool_early=True,
        )

    def examples(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Room for examples of this `shape` (C, H, W, B), without gaps, and for their labels."""
        return self["x"][: prod(shape)].reshape(shape), self["labels"][: shape[-1]]

    def stats(self, lane: int) -> PassStats:
        """What the lane's part came to."""
        loss, correct, *seconds = self["sums"][lane].tolist()
        return PassStats(loss, int(correct), *seconds)

    def close(self) -> None:
        """Release the memory, which is freed with the last array in it; idempotent."""
        self._arrays.clear()
        if self.file >= 0:
            os.close(self.file)
        self.file = -1


def _anonymous_file(size: int) -> int:
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("convnet-live")
    else:
        with tempfile.TemporaryFile() as opened:
            file = os.dup(opened.fileno())
    os.ftruncate(file, size)
    return file


def run_part(net: Net, board: Board, lane: int, between: Between | None = None) -> None:
    """Compute the part on the board of a lane, whose network is `net`; its sums go there too."""
    begin, end, seed, *shape = board["parts"][lane].tolist()
    if net.is_random:
        net.seed_noise(np.random.default_rng(seed))
    x, labels = board.examples(tuple(shape))
    board["sums"][lane] = train_pass(net, x[..., begin:end], labels[begin:end], between)
