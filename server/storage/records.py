"""What is remembered of a session, as plain data: what `keeper` takes and gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.protocol.run_values import Divergence, FullTest, PointRow, Weights


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
        examples: trained on, as of the newest graph point.
        network: the address, or network of addresses, from which it was begun; "" where unknown.
        trained_seconds: for how long it has trained; see `session_state.WORTH_SECONDS`.
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
    examples: int
    network: str = ""
    trained_seconds: float = 0.0


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
