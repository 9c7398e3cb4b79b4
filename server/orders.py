"""What a session and its training process say to each other over their pipe.

Down go orders, up come reports. Both ends are this program's own, so they are sent as Python
objects; what is meant for the page travels inside a `FrameReport`, already encoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from engine.spec import NetSpec, TrainerSpec
from server.messages import Divergence
from server.wire import Frame


@dataclass(frozen=True, slots=True)
class Weights:
    """What a network has learned, as the bytes of `Net.params` and `Net.state`."""

    params: bytes
    state: bytes


# --- down -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartRun:
    """Build this network and train it.

    Attributes:
        spec: the network, and the options its trainer starts with.
        seed: what the weights, the order of examples and all other chance follow from.
        snapshot: an earlier state of the same network to go on from, as `TakeSnapshot` gave it, or
            None for a fresh network.
        points: how many graph points the run has already.
        weights: what to begin with; None for weights drawn from the seed.
        keep: take over the weights of layers that fit from the run before, or from the network of
            `snapshot` where there is no run before.
    """

    run_id: int
    spec: NetSpec
    seed: int
    paused: bool
    snapshot: bytes | None = None
    points: int = 0
    weights: Weights | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class GoBack:
    """Wait, paused, with the last good weights of a run whose loss has diverged."""


@dataclass(frozen=True, slots=True)
class SetPaused:
    paused: bool


@dataclass(frozen=True, slots=True)
class TrainOnce:
    """One batch while paused."""


@dataclass(frozen=True, slots=True)
class SetTrainer:
    """Train on with these options."""

    options: TrainerSpec


@dataclass(frozen=True, slots=True)
class SetWatched:
    """The layers that some viewer has on screen."""

    layers: frozenset[int]


@dataclass(frozen=True, slots=True)
class UseData:
    """Train the same network on the set in this directory from now on; None is the built-in one."""

    directory: str | None


@dataclass(frozen=True, slots=True)
class ShowImage:
    """Predict this image, as large as the data set's, and show it. Replied to with `Guesses`."""

    token: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class ShowBatch:
    """The cards show training examples again."""


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Replied to with `Snapshot`, or with `Refused` by a network that ConvNetJS has not."""

    token: int
    convnetjs: bool = False


@dataclass(frozen=True, slots=True)
class TakeCheckpoint:
    """Replied to with `Checkpoint`, or with `Refused` where there is no run."""

    token: int


@dataclass(frozen=True, slots=True)
class LoadSnapshot:
    """Replace the network by a file's, as run `run_id`. Replied to with `Loaded` or `Refused`.

    `trainer` holds where the file does not say how to train.
    """

    token: int
    run_id: int
    data: bytes
    trainer: TrainerSpec
    seed: int


@dataclass(frozen=True, slots=True)
class Finish:
    """End the process."""


Order: TypeAlias = (
    StartRun
    | GoBack
    | SetPaused
    | TrainOnce
    | SetTrainer
    | SetWatched
    | UseData
    | ShowImage
    | ShowBatch
    | TakeSnapshot
    | TakeCheckpoint
    | LoadSnapshot
    | Finish
)

PointRow: TypeAlias = tuple[int, float, float, float | None, float | None]

# --- both, below all else -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? Answered at once, whatever else goes on, with the same."""


# --- up -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FrameReport:
    """A message for viewers; `kind` is its wire type. Only the newest of a kind matters."""

    kind: str
    run_id: int
    frame: Frame


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
    """The likeliest classes of the shown image, (class, probability), best first."""

    token: int
    top: tuple[tuple[int, float], ...]


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
