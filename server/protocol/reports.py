"""What a trainer says to its session; what is meant for the page travels inside a `FrameReport`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from engine.language import NetSpec
from server.protocol.encode_events import Cards, Frame
from server.protocol.run_values import Divergence, Guess, PointRow, Progress, Weights


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? Answered at once, whatever else goes on, with the same."""


@dataclass(frozen=True, slots=True)
class FrameReport:
    """A message for viewers; `kind` is its wire type. Only the newest of a kind matters.

    `progress` comes with the running numbers: what the server itself wants to know of them.
    """

    kind: str
    run_id: int
    frame: Frame | Cards
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class PointsReport:
    """New graph points: rows of (examples, loss, decay loss, train and validation accuracy)."""

    run_id: int
    first: int
    rows: tuple[PointRow, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """The run trains, or waits paused.

    Attributes:
        weights: what it began with, where that is not drawn from its seed.
        kept: indices of layers that took over the weights of the run before; None if none were to.
    """

    run_id: int
    weights: Weights | None = None
    kept: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The run cannot go on; `reason` is a sentence. The process lives and takes orders.

    After a divergence it holds the last good weights, and can `GoBack` to them.
    """

    run_id: int
    reason: str
    divergence: Divergence | None = None


@dataclass(frozen=True, slots=True)
class DataRefused:
    """A data set could not be used; training goes on with the one before."""

    reason: str


@dataclass(frozen=True, slots=True)
class Guesses:
    """The likeliest classes of the shown image, best first."""

    token: int
    top: tuple[Guess, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    token: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All it takes to go on with a run from here.

    Comes every few seconds of training, at each pause, and at the beginning and end of a run; with
    a token when it was asked for. The graph points that belong to it have been reported before.

    Attributes:
        examples: trained on so far.
        points: graph points made so far.
        data: a snapshot file.
    """

    run_id: int
    examples: int
    points: int
    data: bytes
    token: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The file's network runs."""

    token: int
    run_id: int
    spec: NetSpec


@dataclass(frozen=True, slots=True)
class Refused:
    """An order with a token could not be carried out; nothing changed."""

    token: int
    reason: str


Reply: TypeAlias = Guesses | Snapshot | Checkpoint | Loaded | Refused
Report: TypeAlias = FrameReport | PointsReport | Started | Failed | DataRefused | Reply
