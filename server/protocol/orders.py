"""What a session tells its trainer to do; `reports` is what comes back.

Both ends are this program's own, so orders and reports are sent as Python objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from engine.language import NetSpec, TrainerSpec
from server.protocol.added_pictures import AddedPicture
from server.protocol.example_choice import ExampleChoice
from server.protocol.inquiries import Inquiry
from server.protocol.run_values import DataReference, Weights


@dataclass(frozen=True, slots=True)
class StartRun:
    """Build this network and train it.

    Attributes:
        spec: the network, and the options its trainer starts with.
        seed: what the weights, the order of examples and all other chance follow from.
        snapshot: an earlier state of the same network to go on from, as `TakeSnapshot` gave it, or
            None for a fresh network.
        points, tests: how many graph points and full tests the run has already.
        tested: how many examples it had been trained on at the last of these tests.
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
    tests: int = 0
    tested: int = 0
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
    """Train on this data set from now on; a run that trains already keeps its network."""

    data: DataReference


@dataclass(frozen=True, slots=True)
class UsePictures:
    """Mix these into what is trained on from now on, by this run and those after it."""

    pictures: tuple[AddedPicture, ...]


@dataclass(frozen=True, slots=True)
class ShowImage:
    """Predict this image, as large as the data set's, and show it. Replied to with `Guesses`."""

    token: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class ShowExample:
    """The cards show this example; `pixels` are those of the user's picture, if that is meant."""

    choice: ExampleChoice
    pixels: bytes = b""


@dataclass(frozen=True, slots=True)
class Inspect:
    """Replied to with `Inspected`, between two steps and when there is time for it."""

    token: int
    inquiry: Inquiry


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Replied to with `Snapshot`, or with `Refused` where ConvNetJS has no such network."""

    token: int
    convnetjs: bool = False


@dataclass(frozen=True, slots=True)
class TakeCheckpoint:
    """Report a `CheckpointReport`, then `Done`; or `Refused` where there is no run."""

    token: int


@dataclass(frozen=True, slots=True)
class LoadSnapshot:
    """Run a file's network as run `run_id`: report `Adopted`, then `Done`; or `Refused`.

    `trainer` holds where the file does not say how to train.
    """

    token: int
    run_id: int
    data: bytes
    trainer: TrainerSpec
    seed: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Not an order, but sent like one: answered with `Pong` as soon as it arrives.

    `orders` is how many orders were sent before it.
    """

    orders: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Not an order, but sent like one: the order with this token need not be carried out, if that
    has not begun. Nobody waits for its reply.
    """

    token: int


@dataclass(frozen=True, slots=True)
class Finish:
    """End the process."""


def size_of(order: Order) -> int:
    """How many bytes an order from outside carries."""
    match order:
        case LoadSnapshot():
            return len(order.data)
        case ShowImage() | ShowExample():
            return len(order.pixels)
        case _:
            return 0


Order: TypeAlias = (
    StartRun
    | GoBack
    | SetPaused
    | TrainOnce
    | SetTrainer
    | SetWatched
    | UseData
    | UsePictures
    | ShowImage
    | ShowExample
    | Inspect
    | TakeSnapshot
    | TakeCheckpoint
    | LoadSnapshot
    | Finish
)
