"""Hands a session's checkpoints to the keeper, and says how far its work is safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.audience.audience import Audience
from server.audience.graph_history import PointHistory, TestHistory
from server.protocol.encode_events import encode
from server.protocol.events import Saved
from server.protocol.run_values import Checkpoint, FullTest, PointRow, Weights
from server.sessions.run_definition import RunDefinition
from server.sessions.session_state import SessionState
from server.storage.keeper import Keeper
from server.storage.records import GraphTail, KeptRun


@dataclass(slots=True)
class _Graph:
    """The graph of one run, how many of its points and tests are saved, and how far it got."""

    run_id: int
    points: PointHistory
    tests: TestHistory
    saved_points: int = 0
    saved_tests: int = 0
    examples: int = 0

    def tail(self, checkpoint: Checkpoint) -> GraphTail:
        """What belongs to the checkpoint and is not saved yet."""
        point = min(self.saved_points, checkpoint.points)
        test = min(self.saved_tests, checkpoint.tests)
        return GraphTail(
            point,
            self.points.rows(point, checkpoint.points),
            test,
            self.tests.rows(test, checkpoint.tests),
        )

    def is_saved(self, points: int, tests: int) -> None:
        self.saved_points, self.saved_tests = points, tests


class Checkpointing:
    """What is kept of one session's run and of the one before, by this server and earlier ones."""

    def __init__(self, session_id: str, keeper: Keeper, audience: Audience) -> None:
        self._id = session_id
        self._keeper = keeper
        self._audience = audience
        self._graph = self._shown()
        # Of runs that were left: their last points and checkpoints come after the next was ordered.
        self._left: dict[int, _Graph] = {}
        self._examples: int | None = None

    @property
    def examples(self) -> int:
        """How many the run was trained on, as of the newest checkpoint or graph point."""
        return max(self._graph.examples, self._audience.history.examples)

    def begin_run(self) -> None:
        """The audience is shown a new run; what was shown before is held until it is saved."""
        self._left[self._graph.run_id] = self._graph
        self._graph = self._shown()
        self._examples = None

    def started(self) -> None:
        """The trainer has begun the new run: all that it had to say of earlier ones is here."""
        self._left.clear()

    def add_to_left(
        self, run_id: int, points: Sequence[PointRow] = (), tests: Sequence[FullTest] = ()
    ) -> None:
        """Add the last of the graph of a run that was left."""
        if (graph := self._left.get(run_id)) is not None:
            graph.points.extend(points)
            graph.tests.extend(tests)

    async def wake(self, state: SessionState) -> None:
        """Fetch what an earlier server kept of the run besides its weights now; idempotent.

        Raises:
            Unreadable: it cannot be read, and nothing has changed.
        """
        if state.asleep is None:
            return
        run = state.run
        continued = await self._continued(run)
        remains = (
            continued.remains if continued else await self._keeper.remains(self._id, run.run_id)
        )
        if state.asleep is None:
            # Somebody else was faster, or another run has begun.
            return
        state.asleep, run.weights = None, remains.weights
        if continued is not None:
            self.adopt(run.run_id, continued)
            return
        self._graph.is_saved(len(remains.points), len(remains.tests))
        self._audience.add_points(remains.points)
        self._audience.add_tests(remains.tests)

    async def _continued(self, run: RunDefinition) -> KeptRun | None:
        """What is kept of the run that this one continues, while it has nothing of its own.

        So it is where a server ended between a return to the run and its first checkpoint.
        """
        if run.continues is None:
            return None
        own = await self._keeper.kept_run(self._id, run.run_id)
        if own.checkpoint is not None:
            return None
        return await self._keeper.kept_run(self._id, run.continues)

    def adopt(self, run_id: int, kept: KeptRun) -> Checkpoint | None:
        """Take what is kept of another run for that of the current one; returns its checkpoint."""
        remains = kept.remains
        self._audience.add_points(remains.points)
        self._audience.add_tests(remains.tests)
        if remains.weights is not None:
            self.take_beginning(run_id, remains.weights)
        if kept.checkpoint is None:
            return None
        checkpoint = replace(kept.checkpoint, run_id=run_id)
        self.take(checkpoint)
        return checkpoint

    async def newest(self, run: RunDefinition) -> Checkpoint | None:
        """The newest checkpoint that serves this run, saved or not.

        Raises:
            Unreadable: there may be one, but it cannot be read.
        """
        # What another run left does not matter to this one, even if it cannot be read.
        return await self._keeper.newest_checkpoint(self._id, None if run.keep else run.run_id)

    async def kept_run(self, run_id: int) -> KeptRun:
        """All that is kept of a run, saved or not.

        Raises:
            Unreadable: the disk does not give it.
        """
        return await self._keeper.kept_run(self._id, run_id)

    def take(self, checkpoint: Checkpoint) -> None:
        """Save a checkpoint of the current run, or the last of one that was left."""
        run_id = checkpoint.run_id
        graph = self._graph if run_id == self._graph.run_id else self._left.get(run_id)
        if graph is None:
            return
        graph.examples = checkpoint.examples

        def done(trouble: str | None) -> None:
            if trouble is None:
                graph.is_saved(checkpoint.points, checkpoint.tests)
            self._tell(checkpoint, trouble)

        self._keeper.keep(self._id, checkpoint, graph.tail(checkpoint), done)

    def take_beginning(self, run_id: int, weights: Weights) -> None:
        """Save what a run began with."""
        self._keeper.keep_beginning(self._id, run_id, weights)

    def rewind(self, checkpoint: Checkpoint | None) -> None:
        """The run continues from an earlier checkpoint, or begins anew."""
        points, tests = (checkpoint.points, checkpoint.tests) if checkpoint else (0, 0)
        graph = self._graph
        graph.examples = checkpoint.examples if checkpoint else 0
        graph.is_saved(min(graph.saved_points, points), min(graph.saved_tests, tests))
        self._audience.rewind(points, tests)

    def _shown(self) -> _Graph:
        audience = self._audience
        return _Graph(audience.run_id, audience.history, audience.tests)

    def _tell(self, checkpoint: Checkpoint, trouble: str | None) -> None:
        if checkpoint.run_id != self._audience.run_id:
            return
        if trouble is None:
            self._examples = checkpoint.examples
        warning = self._keeper.warning(self._id) if trouble is None else None
        event = Saved(checkpoint.run_id, self._examples, trouble, warning)
        self._audience.show(Saved.type, encode(event))
