"""What is remembered of a session, as plain data: what `keeper` takes and gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.protocol.run_values import Divergence, PointRow, Weights


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


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """All it takes to go on with a run.

    Attributes:
        examples: trained on so far.
        points: graph points made so far.
        data: a snapshot file, as `engine.formats` writes it.
    """

    run_id: int
    examples: int
    points: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Remains:
    """The larger things that are kept of a session, read when somebody looks at it again.

    Attributes:
        points: the graph of its run up to the newest checkpoint.
        weights: what the run began with, where that was not drawn from its seed.
    """

    points: tuple[PointRow, ...] = ()
    weights: Weights | None = None
