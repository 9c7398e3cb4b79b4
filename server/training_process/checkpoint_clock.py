"""Sends checkpoints: when they are wanted, and on a clock that large networks slow down."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from server.protocol.reports import CheckpointReport, Report
from server.protocol.run_values import Checkpoint
from server.training_process.live_run import LiveRun

CHECKPOINT_SHARE = 0.05
"""Checkpoints of large networks take a while: no more than this share of the time."""


class CheckpointClock:
    """Knows when the next checkpoint is due, in seconds of one monotonic clock."""

    def __init__(self, send: Callable[[Report], None], seconds: float) -> None:
        """`seconds` lie between two checkpoints, or more where they are large."""
        self._send, self._seconds = send, seconds
        self._next = 0.0

    def is_due(self, now: float) -> bool:
        return now >= self._next

    def take(self, run: LiveRun) -> None:
        """Send everything needed to continue from here; the graph up to here has been sent."""
        began = perf_counter()
        checkpoint = Checkpoint(
            run.run_id,
            run.training.trainer.examples_seen,
            run.points.made,
            run.full_tester.kept.made,
            run.training.snapshot(),
        )
        self._send(CheckpointReport(checkpoint))
        ended = perf_counter()
        self._next = ended + max(self._seconds, (ended - began) / CHECKPOINT_SHARE)
