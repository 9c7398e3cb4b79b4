"""What a trainer says to its session; what is meant for the page travels inside a `FrameReport`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from engine.language import NetSpec
from server.protocol.encode_events import Cards, Frame
from server.protocol.run_values import (
    Checkpoint,
    Divergence,
    FullTest,
    Guess,
    ImageTest,
    PointRow,
    Progress,
    Weights,
)


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a `Ping`, whatever else goes on.

    Attributes:
        orders: how many have arrived.
        signs: of life; another number than before if the trainer got on meanwhile.
        busy: whether one of those orders has not been carried out.
    """

    orders: int
    signs: int
    busy: bool


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
class TestsReport:
    """New full tests; `first` is the index of the first."""

    __test__: ClassVar[bool] = False  # not a test, whatever pytest makes of its name
    run_id: int
    first: int
    tests: tuple[FullTest, ...]


@dataclass(frozen=True, slots=True)
class ImagesReport:
    """What the newest full test took each image for, in the place of the one before."""

    run_id: int
    test: ImageTest


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

    After a divergence it holds the last good weights, and can `GoBack` to them. `unreadable` says
    that the checkpoint it was to go on from is damaged, or that its data set cannot be used.
    """

    run_id: int
    reason: str
    divergence: Divergence | None = None
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class DataRefused:
    """A data set could not be used; training goes on with the one before."""

    reason: str


@dataclass(frozen=True, slots=True)
class Guesses:
    """The likeliest classes of the shown image, best first, and the probabilities of all."""

    token: int
    top: tuple[Guess, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Inspected:
    """What an inspector found: a JSON object's text."""

    token: int
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    token: int
    data: bytes


@dataclass(frozen=True, slots=True)
class CheckpointReport:
    """A run can continue from here.

    Comes every few seconds of training, at each pause, at the beginning and end of a run, and when
    it is asked for. The graph points and full tests that belong to it have been reported before.
    """

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Adopted:
    """The network of a file has taken the place of the one before, as run `run_id`."""

    run_id: int
    spec: NetSpec


@dataclass(frozen=True, slots=True)
class Done:
    """An order with a token has been carried out, and what it led to has been reported."""

    token: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An order with a token could not be carried out; nothing changed."""

    token: int
    reason: str


Reply: TypeAlias = Guesses | Inspected | Snapshot | Done | Refused
Report: TypeAlias = (
    FrameReport
    | PointsReport
    | TestsReport
    | ImagesReport
    | Started
    | Failed
    | DataRefused
    | CheckpointReport
    | Adopted
    | Reply
)
