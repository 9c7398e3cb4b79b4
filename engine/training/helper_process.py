"""A process that computes part of every batch, which it reads from shared memory."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
from collections.abc import Callable
from multiprocessing import reduction
from multiprocessing.connection import Connection

from threadpoolctl import threadpool_limits

from engine.language import NetSpec
from engine.network.net import Net
from engine.training.ear import Ear
from engine.training.end_with_owner import end_with
from engine.training.shared_board import Board, run_part

LOOK_SECONDS = 0.1
COMPUTE = DONE = b""
"""What is said at every step says nothing more, since parts and sums are on the board: pickling
them took longer than anything else between two lanes."""


class HelperError(RuntimeError):
    """A helper process has died, or could not compute its part."""


class Helper:
    """The owner's end of a helper process; the process ends with its owner."""

    def __init__(self, lane: int) -> None:
        """Start a process for the lane with this index; starting takes a few tenths of a second."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, lane, os.getpid()), daemon=True
        )
        self._process.start()
        theirs.close()
        self._ear = Ear(self._connection)
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
        """Compute with this network from now on, on this board."""
        self._send(pickle.dumps((spec, board.fields)))
        try:
            reduction.send_handle(self._connection, board.file, self._process.pid)
        except OSError:
            raise HelperError("a helper process has died") from None

    def start(self) -> None:
        """Begin computing the lane's part, which is on the board."""
        self._send(COMPUTE)

    def finish(self, patience: float, waiting: Callable[[], None] | None = None) -> None:
        """Wait until the part that was started is done, at most `patience` seconds.

        Args:
            waiting: called again and again meanwhile, every `LOOK_SECONDS`.

        Raises:
            HelperError: the process has died, does not answer, or ran out of memory.
        """
        look = patience if waiting is None else LOOK_SECONDS
        while not self._ear.hears(min(look, patience)):
            patience -= look
            if patience <= 0:
                raise HelperError("a helper process does not answer")
            if waiting is not None:
                waiting()
        if (failure := self._receive()) != DONE:
            raise HelperError(f"a helper process failed: {failure.decode()}")

    def close(self, *, at_once: bool = False) -> None:
        """End the process, `at_once` where it is in the middle of a part; idempotent."""
        self._connection.close()
        self._process.join(0 if at_once else 1)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _send(self, message: bytes) -> None:
        try:
            self._connection.send_bytes(message)
        except OSError:
            raise HelperError("a helper process has died") from None

    def _receive(self) -> bytes:
        try:
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            raise HelperError("a helper process has died") from None


def _serve(connection: Connection, lane: int, owner: int) -> None:
    """What the process runs: report that it is ready, then compute until the owner is gone."""
    end_with(owner)
    threadpool_limits(limits=1, user_api="blas")
    board: Board | None = None
    net: Net | None = None
    # Ctrl-C reaches every process; the owner decides what it means. If this process has no memory
    # for the network it ends, and the owner computes its lane.
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt, MemoryError):
        connection.send_bytes(DONE)
        ear = Ear(connection)
        while True:
            ear.hears()
            message = connection.recv_bytes()
            if message == COMPUTE:
                assert net is not None
                assert board is not None
                connection.send_bytes(_attempt(net, board, lane))
                continue
            net = None
            if board is not None:
                board.close()
            spec, fields = pickle.loads(message)
            board = Board(fields, reduction.recv_handle(connection))
            net = board.lane(spec, lane)


def _attempt(net: Net, board: Board, lane: int) -> bytes:
    try:
        run_part(net, board, lane)
    except MemoryError as error:
        return str(error).encode() or b"out of memory"
    return DONE
