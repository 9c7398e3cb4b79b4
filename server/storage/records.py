"""What is remembered of a session, as plain data: what `keeper` takes and gives back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.protocol.added_pictures import AddedPicture
from server.protocol.run_values import (
    Checkpoint,
    Divergence,
    FullTest,
    PointRow,
    TrainerChange,
    Weights,
)


@dataclass(frozen=True, slots=True)
class RunBefore:
    """The run that the current one replaced; its checkpoint and its graph are kept beside it.

    Attributes:
        how: one word for what replaced it.
        title: its network in a line.
        examples: trained on when it was left.
        diverged: whether its loss had stopped being finite by then.

    The rest is what a `SessionRecord` says of the current run.
    """

    run_id: int
    how: str
    title: str
    examples: int
    text: str
    trainer: dict[str, Any]
    seed: int
    keep: bool
    divergences: tuple[Divergence, ...]
    trainer_changes: tuple[TrainerChange, ...]
    diverged: bool


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session without its weights and its graph.

    Attributes:
        created, seen: seconds since 1970.
        run_id, last_run_id: of the current run, and the highest that was given out.
        text: the network as its user wrote it; `trainer` all its options as they are now.
        seed: what all chance of the run follows from.
        keep: the run has still to take over what fits from the run before.
        paused: its user wants it to stand.
        failure: one word for why the run cannot go on, `reason` the sentence; None while it can.
        divergences: where its loss stopped being finite.
        trainer_changes: where its trainer's options were changed, oldest first.
        examples: trained on, as of the newest graph point.
        before: the run that can be returned to.
        continues: the run whose checkpoint and graph are this one's, until it has its own.
        seen_uptime: how long servers had been up when somebody last began or stopped looking.
        removed: how long they had been up when it was removed; None while it is not.
        network: the address, or network of addresses, from which it was begun; "" where unknown.
        trained_seconds: for how long it has trained; see `session_state.WORTH_SECONDS`.
        added: the pictures that its owner has added to its training data.
    """

    id: str
    owner: str
    created: float
    seen: float
    run_id: int
    last_run_id: int
    text: str
    trainer: Mapping[str, Any]
    seed: int
    keep: bool
    paused: bool
    failure: str | None
    reason: str | None
    divergences: tuple[Divergence, ...]
    trainer_changes: tuple[TrainerChange, ...]
    examples: int
    before: RunBefore | None = None
    continues: int | None = None
    seen_uptime: float = 0.0
    removed: float | None = None
    network: str = ""
    trained_seconds: float = 0.0
    added: tuple[AddedPicture, ...] = ()

    def needs(self, runs: Collection[int]) -> frozenset[int]:
        """Which of the runs that have a checkpoint it could still go on from."""
        needed = {run_id for run_id in runs if run_id >= self.run_id}
        if self.before is not None:
            needed.add(self.before.run_id)
        if self.continues is not None and self.run_id not in runs:
            needed.add(self.continues)
        if self.keep and (earlier := set(runs) - needed):
            # Its weights are those that the run takes over what fits from.
            needed.add(max(earlier))
        return frozenset(needed)


@dataclass(frozen=True, slots=True)
class GraphTail:
    """The end of a run's graph, in the place of what is kept from these indices on.

    Attributes:
        first_point, first_test: index of the first of the `points` and `tests`.
    """

    first_point: int
    points: Sequence[PointRow]
    first_test: int
    tests: Sequence[FullTest]


@dataclass(frozen=True, slots=True)
class Remains:
    """The larger things that are kept of a session, read when somebody looks at it again.

    Attributes:
        points, tests: the graph of its run up to the newest checkpoint.
        weights: what the run began with, where that was not drawn from its seed.
    """

    points: tuple[PointRow, ...] = ()
    tests: tuple[FullTest, ...] = ()
    weights: Weights | None = None

    def with_tail(self, graph: GraphTail) -> Remains:
        """The same with a newer end of the graph."""
        points = (*self.points[: graph.first_point], *graph.points)
        return replace(self, points=points, tests=(*self.tests[: graph.first_test], *graph.tests))


@dataclass(frozen=True, slots=True)
class KeptRun:
    """All that is kept of one run. Without a checkpoint it can only begin again."""

    checkpoint: Checkpoint | None = None
    remains: Remains = Remains()
