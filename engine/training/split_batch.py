"""Splits each batch over processes: each has a replica of the network and a part of the examples.

Threads would be simpler, but between NumPy's calls they wait for Python's lock: measured on two
cores with a batch of 20, two threads trained slower than one. BLAS is limited to one thread: only
the products run inside it, while two processes also divide copying, pooling and activations.

A batch is always cut into the same lanes, one for each process, and the lanes' gradients are summed
in order, whoever computed them: until a helper has started, and when one has died, the owner
computes its lane, and the run is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from engine.cores import cores
from engine.layers import Array
from engine.network.net import Net
from engine.network.passes import Between, PassStats, equal_pieces
from engine.training.helper_process import Helper, HelperError
from engine.training.shared_board import Board, run_part

SMALLEST_LANE = 4
"""With fewer examples a lane is not worth waking a process for."""

STALLED_SECONDS, STALLED_TIMES = 5.0, 20
"""How long to wait for a helper: seconds, plus a multiple of what the owner's own lane took."""

MOST_DEATHS = 5
"""After this many deaths, helpers are no longer replaced."""


class BatchSplitter:
    """Computes a network's gradients over whole batches, each split over several processes.

    Attributes:
        size: lanes, one of them for this process.
        gradient: flat vector, summed over the last batch; the next batch overwrites it.
        statistics: likewise, the lanes' mean of what layers learn without gradients.
    """

    def __init__(self, net: Net, size: int | None = None) -> None:
        """Compute for `net`, which is only read; `size` is by default the number of cores."""
        threadpool_limits(limits=1, user_api="blas")
        self.size = size or cores()
        self.gradient: Array = net.grads
        self.statistics: Array = net.state
        self._net = net
        self._board: Board | None = None
        self._lanes: list[Net] = []
        self._deaths = 0
        self._helpers: dict[int, Helper] = {}
        for lane in range(1, self.size):
            self._hire(lane)

    def run(
        self,
        x: Array,
        labels: Array,
        rng: np.random.Generator,
        between: Between | None = None,
    ) -> list[PassStats]:
        """Set `gradient` and `statistics` for the examples x (C, H, W, B), labels (B,).

        Args:
            rng: what dropout's seeds are drawn from; not touched for networks without dropout.
            between: called between the chunks of this process's lanes, and while it waits for
                others. What it raises ends the run: nothing is set, and helpers that compute are
                replaced.
        """
        board = self._publish(x, labels)
        lanes = self._divide(board, x.shape, rng)
        helped = [lane for lane in range(1, lanes) if self._start(lane)]
        own = [lane for lane in range(lanes) if lane not in helped]
        busy = set(helped)
        try:
            began = perf_counter()
            for lane, told in zip(own, _shares(between, len(own)), strict=True):
                run_part(self._lanes[lane], board, lane, told)
            patience = STALLED_SECONDS + STALLED_TIMES * (perf_counter() - began)
            for lane in helped:
                self._finish(lane, board, patience, between)
                busy.remove(lane)
        except BaseException:
            # The answer of one that still computes would be taken for one to the next batch.
            for lane in busy & set(self._helpers):
                self._replace(lane, at_once=True)
            raise
        self._collect(lanes)
        return [board.stats(lane) for lane in range(lanes)]

    def close(self) -> None:
        """End the helpers and free the memory; idempotent."""
        for helper in self._helpers.values():
            helper.close()
        self._helpers.clear()
        self._lanes.clear()
        self.gradient, self.statistics = self.gradient.copy(), self.statistics.copy()
        if self._board is not None:
            self._board.close()
            self._board = None

    def _divide(self, board: Board, shape: tuple[int, ...], rng: np.random.Generator) -> int:
        """Put on the board which examples each lane gets; returns how many lanes there are."""
        lanes = max(1, min(self.size, shape[-1] // SMALLEST_LANE))
        for lane, part in enumerate(equal_pieces(shape[-1], lanes)):
            seed = int(rng.integers(2**63)) if self._net.is_random else 0
            board["parts"][lane] = (part.start, part.stop, seed, *shape)
        return lanes

    def _start(self, lane: int) -> bool:
        """Hand a lane to its helper, if that is ready."""
        helper = self._helpers.get(lane)
        try:
            if helper is None or not helper.is_ready:
                return False
            helper.start()
        except HelperError:
            self._bury(lane)
            return False
        return True

    def _finish(self, lane: int, board: Board, patience: float, between: Between | None) -> None:
        try:
            # Its lane is as long as the owner's: a helper that takes this much longer has stalled.
            self._helpers[lane].finish(patience, between and partial(between, 1.0))
        except HelperError:
            self._bury(lane)
            # Whatever it has left half done is started over.
            np.copyto(self._lanes[lane].state, self._net.state)
            run_part(self._lanes[lane], board, lane, between)

    def _hire(self, lane: int) -> None:
        # If the system allows no more processes, the owner computes the lane.
        with suppress(OSError):
            self._helpers[lane] = Helper(lane)

    def _bury(self, lane: int) -> None:
        """Replace a helper that has died, unless that has happened too often."""
        self._deaths += 1
        if self._deaths <= MOST_DEATHS:
            self._replace(lane)
        else:
            self._helpers.pop(lane).close()

    def _replace(self, lane: int, *, at_once: bool = False) -> None:
        """Put a new process in the place of another, which is ended."""
        self._helpers.pop(lane).close(at_once=at_once)
        self._hire(lane)
        if self._board is not None and lane in self._helpers:
            # One that died at once is found out when it is to start.
            with suppress(HelperError):
                self._helpers[lane].use(self._net.spec, self._board)

    def _publish(self, x: Array, labels: Array) -> Board:
        """Copy examples, parameters and statistics to where every lane sees them."""
        board = self._board
        if board is None or len(board["labels"]) < len(labels):
            board = self._new_board(x.size, len(labels))
        np.copyto(board["params"], self._net.params)
        board["states"][:] = self._net.state
        for room, values in zip(board.examples(x.shape), (x, labels), strict=True):
            np.copyto(room, values)
        return board

    def _new_board(self, numbers: int, batch: int) -> Board:
        """Make room for batches of `batch` examples, which hold `numbers` numbers in all."""
        old, params, state = self._board, self._net.params, self._net.state
        self._board = board = Board(
            {
                "params": (params.shape, params.dtype.str),
                "grads": ((self.size, params.size), params.dtype.str),
                "states": ((self.size, state.size), state.dtype.str),
                "x": ((numbers,), params.dtype.str),
                "labels": ((batch,), "<i8"),
                # first and last example, seed of dropout, shape of x
                "parts": ((self.size, 7), "<i8"),
                # as in PassStats
                "sums": ((self.size, 4), "<f8"),
            }
        )
        self._lanes = [board.lane(self._net.spec, lane) for lane in range(self.size)]
        for lane, helper in list(self._helpers.items()):
            try:
                helper.use(self._net.spec, board)
            except HelperError:
                self._bury(lane)
        if old is not None:
            old.close()
        return board

    def _collect(self, lanes: int) -> None:
        self.gradient = self._lanes[0].grads
        for lane in self._lanes[1:lanes]:
            self.gradient += lane.grads
        # Most networks have none, and every array operation counts in a step of half a millisecond.
        if self.statistics.size:
            self.statistics = np.mean([lane.state for lane in self._lanes[:lanes]], axis=0)


def _shares(between: Between | None, lanes: int) -> Iterator[Between | None]:
    """For each of so many lanes in a row what to call with the share of that lane alone."""
    if between is None or lanes == 1:
        yield from [between] * lanes
        return
    for lane in range(lanes):
        if lane:
            between(lane / lanes)
        yield partial(_tell_share, between, lane, lanes)


def _tell_share(between: Between, done: int, lanes: int, share: float) -> None:
    between((done + share) / lanes)
