"""Hands a session's checkpoints to the keeper, and says how far its work is safe."""

from __future__ import annotations

from server.audience.audience import Audience
from server.protocol.encode_events import encode
from server.protocol.events import Saved
from server.protocol.reports import Checkpoint
from server.protocol.run_values import Weights
from server.storage.keeper import Keeper
from server.storage.records import StoredCheckpoint

TROUBLE = "Nothing newer can be saved just now ({}). Training continues, and saving is retried."


class Checkpointing:
    """What is kept of one session's run, and what has been kept of it by an earlier server."""

    def __init__(self, session_id: str, keeper: Keeper, audience: Audience) -> None:
        self._id = session_id
        self._keeper = keeper
        self._audience = audience
        self._points = 0
        self._examples: int | None = None

    def begin_run(self) -> None:
        """A run begins."""
        self._points = 0
        self._examples = None

    async def wake(self, run_id: int) -> Weights | None:
        """Fetch the graph that an earlier server kept of the run; returns its first weights."""
        remains = await self._keeper.remains(self._id, run_id)
        self._points = len(remains.points)
        self._audience.add_points(remains.points)
        return remains.weights

    async def newest(self) -> StoredCheckpoint | None:
        """The newest checkpoint of the newest run that has one, saved or not."""
        return await self._keeper.newest_checkpoint(self._id)

    def take(self, report: Checkpoint, run_id: int) -> None:
        """Save a checkpoint of the current run `run_id`, or of the run before."""
        checkpoint = StoredCheckpoint(report.run_id, report.examples, report.points, report.data)
        if report.run_id != run_id:
            # Its graph is no longer held here; what was saved of it lies beside its checkpoint.
            self._keeper.keep(self._id, checkpoint, report.points, (), lambda trouble: None)
            return
        first = min(self._points, report.points)
        rows = self._audience.history.rows(first, report.points)

        def done(trouble: str | None) -> None:
            self._done(checkpoint, trouble)

        self._keeper.keep(self._id, checkpoint, first, rows, done)

    def take_beginning(self, run_id: int, weights: Weights) -> None:
        """Save what a run began with."""
        self._keeper.keep_beginning(self._id, run_id, weights)

    def rewind(self, points: int) -> None:
        """The run continues from an earlier checkpoint, which has so many graph points."""
        self._points = min(self._points, points)
        self._audience.rewind(points)

    def _done(self, checkpoint: StoredCheckpoint, trouble: str | None) -> None:
        if checkpoint.run_id != self._audience.run_id:
            return
        if trouble is None:
            self._examples, self._points = checkpoint.examples, checkpoint.points
        message = None if trouble is None else TROUBLE.format(trouble)
        event = Saved(checkpoint.run_id, self._examples, message)
        self._audience.show(Saved.type, encode(event))
