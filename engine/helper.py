"""A process that computes part of every batch, and the shared memory through which it sees it."""

from __future__ import annotations

import contextlib
import errno
import mmap
import multiprocessing
import os
import tempfile
from math import prod
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import NamedTuple, TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from engine.layers import Array
from engine.net import Net
from engine.orphans import end_with
from engine.passes import PassStats, train_pass
from engine.spec import NetSpec

CACHE_LINE = 64

Fields: TypeAlias = dict[str, tuple[tuple[int, ...], str]]


class HelperError(RuntimeError):
    """A helper process has died, or could not compute its part."""


class Part(NamedTuple):
    """Which examples of a batch, shaped how, and the seed of their dropout."""

    begin: int
    end: int
    x_shape: tuple[int, ...]
    seed: int


class Board:
    """Arrays in memory that processes share, each by its name."""

    def __init__(self, fields: Fields, file: int | None = None) -> None:
        """Lay out new memory, or see that behind the descriptor `file` of another process's board.

        Args:
            fields: shape and dtype of each array.
        """
        offsets, size = [], 0
        for shape, dtype in fields.values():
            offsets.append(size)
            size += -(-prod(shape) * np.dtype(dtype).itemsize // CACHE_LINE) * CACHE_LINE
        self.fields = fields
        # Memory without a name: nothing is left behind, however its users end.
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
        """The network of one lane: shared parameters, gradients and statistics of its own."""
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

    def close(self) -> None:
        """Let go of the memory, which ends with the last array in it; may be called twice."""
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


def run_part(net: Net, board: Board, part: Part) -> PassStats:
    """Leave the part's gradients in `net`, which is one of the board's lanes."""
    if net.is_random:
        net.seed_noise(np.random.default_rng(part.seed))
    x, labels = board.examples(part.x_shape)
    chosen = slice(part.begin, part.end)
    return train_pass(net, x[..., chosen], labels[chosen])


class Helper:
    """The owner's end of a helper process; the process ends with its owner."""

    def __init__(self, lane: int) -> None:
        """Start a process for the lane with this index; it is ready some tenths of a second on."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, lane, os.getpid()), daemon=True
        )
        self._process.start()
        theirs.close()
        self._started = False

    @property
    def is_ready(self) -> bool:
        """Whether the process has started; never waits.

        Raises:
            HelperError: it has died.
        """
        if not self._started and self._connection.poll():
            self._receive()
            self._started = True
        return self._started

    def use(self, spec: NetSpec, board: Board) -> None:
        """Compute with this network from now on."""
        self._send((spec, board.fields))
        try:
            reduction.send_handle(self._connection, board.file, self._process.pid)
        except OSError:
            raise HelperError("a helper process has died") from None

    def start(self, part: Part) -> None:
        """Begin computing a part."""
        self._send(part)

    def finish(self, patience: float) -> PassStats:
        """Wait for the part that was started, at most `patience` seconds.

        Raises:
            HelperError: the process has died, does not answer, or ran out of memory.
        """
        if not self._connection.poll(patience):
            raise HelperError("a helper process does not answer")
        stats = self._receive()
        if not isinstance(stats, PassStats):
            raise HelperError(f"a helper process failed: {stats}")
        return stats

    def close(self) -> None:
        """End the process; may be called twice."""
        self._connection.close()
        self._process.join(1)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _send(self, message: object) -> None:
        try:
            self._connection.send(message)
        except OSError:
            raise HelperError("a helper process has died") from None

    def _receive(self) -> object:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            raise HelperError("a helper process has died") from None


def _serve(connection: Connection, lane: int, owner: int) -> None:
    """What the process does: say that it is there, then compute until the owner is gone."""
    end_with(owner)
    threadpool_limits(limits=1, user_api="blas")
    board: Board | None = None
    net: Net | None = None
    # An interrupt from the keyboard reaches every process; the owner decides what it means.
    # Where this one has no memory for the network, the owner computes its lane.
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt, MemoryError):
        connection.send(True)
        while True:
            message = connection.recv()
            if isinstance(message, Part):
                assert net is not None
                assert board is not None
                connection.send(_attempt(net, board, message))
                continue
            net = None
            if board is not None:
                board.close()
            spec, fields = message
            board = Board(fields, reduction.recv_handle(connection))
            net = board.lane(spec, lane)


def _attempt(net: Net, board: Board, part: Part) -> PassStats | str:
    try:
        return run_part(net, board, part)
    except MemoryError as error:
        return str(error) or "out of memory"
