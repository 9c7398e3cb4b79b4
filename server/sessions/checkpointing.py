"""Hands a session's checkpoints to the keeper, and says how far its work is safe."""

from __future__ import annotations

from server.audience.audience import Audience
from server.protocol.encode_events import encode
from server.protocol.events import Saved
from server.protocol.run_values import Checkpoint, Weights
from server.sessions.run_definition import RunDefinition
from server.sessions.session_state import SessionState
from server.storage.keeper import Keeper
from server.storage.records import GraphTail

TROUBLE = "Nothing newer can be saved just now ({}). Training continues, and saving is retried."


class Checkpointing:
    """What is kept of one session's run, and what has been kept of it by an earlier server."""

    def __init__(self, session_id: str, keeper: Keeper, audience: Audience) -> None:
        self._id = session_id
        self._keeper = keeper
        self._audience = audience
        self._points = self._tests = 0
        self._examples: int | None = None

    def begin_run(self) -> None:
        """A run begins."""
        self._points = self._tests = 0
        self._examples = None

    async def wake(self, state: SessionState) -> None:
        """Fetch what an earlier server kept of the run besides its weights now; idempotent.

        Raises:
            Unreadable: it cannot be read, and nothing has changed.
        """
        if state.asleep is None:
            return
        remains = await self._keeper.remains(self._id, state.run.run_id)
        if state.asleep is None:
            # Somebody else was faster, or another run has begun.
            return
        state.asleep, state.run.weights = None, remains.weights
        self._points, self._tests = len(remains.points), len(remains.tests)
        self._audience.add_points(remains.points)
        self._audience.add_tests(remains.tests)

    async def newest(self, run: RunDefinition) -> Checkpoint | None:
        """The newest checkpoint that serves this run, saved or not.

        Raises:
            Unreadable: there may be one, but it cannot be read.
        """
        # What another run left does not matter to this one, even if it cannot be read.
        return await self._keeper.newest_checkpoint(self._id, None if run.keep else run.run_id)

    async def earlier(self) -> Checkpoint | None:
        """What is kept of the run before.

        Raises:
            Unreadable: there may be something, but it cannot be read.
        """
        return await self._keeper.earlier_checkpoint(self._id)

    def take(self, checkpoint: Checkpoint, run_id: int) -> None:
        """Save a checkpoint of the current run `run_id`, or of the run before."""
        if checkpoint.run_id != run_id:
            # Its graph is no longer held here; what was saved of it lies beside its checkpoint.
            nothing = GraphTail(checkpoint.points, (), checkpoint.tests, ())
            self._keeper.keep(self._id, checkpoint, nothing, lambda trouble: None)
            return
        point, test = min(self._points, checkpoint.points), min(self._tests, checkpoint.tests)
        graph = GraphTail(
            point,
            self._audience.history.rows(point, checkpoint.points),
            test,
            self._audience.tests.rows(test, checkpoint.tests),
        )

        def done(trouble: str | None) -> None:
            self._done(checkpoint, trouble)

        self._keeper.keep(self._id, checkpoint, graph, done)

    def take_beginning(self, run_id: int, weights: Weights) -> None:
        """Save what a run began with."""
        self._keeper.keep_beginning(self._id, run_id, weights)

    def rewind(self, checkpoint: Checkpoint | None) -> None:
        """The run continues from an earlier checkpoint, or begins anew."""
        points, tests = (checkpoint.points, checkpoint.tests) if checkpoint else (0, 0)
        self._points, self._tests = min(self._points, points), min(self._tests, tests)
        self._audience.rewind(points, tests)

    def _done(self, checkpoint: Checkpoint, trouble: str | None) -> None:
        if checkpoint.run_id != self._audience.run_id:
            return
        if trouble is None:
            self._examples = checkpoint.examples
            self._points, self._tests = checkpoint.points, checkpoint.tests
        message = None if trouble is None else TROUBLE.format(trouble)
        event = Saved(checkpoint.run_id, self._examples, message)
        self._audience.show(Saved.type, encode(event))
