"""What the server tells the page: a closed union of frozen dataclasses.

`docs/PROTOCOL.md` is the prose, `static/js/server/protocol.js` the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias, get_args

from server.protocol.connections import Role
from server.protocol.kinds import DatasetState, Failure, Leaving, Level, Source, Status
from server.protocol.run_values import Divergence, Guess, TrainerChange

OMIT = {"omit": True}
"""Marks keys that are left out, rather than null, when there is nothing to say."""


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer of a network; shapes are (sx, sy, depth). `is_loss`: it ends the network."""

    index: int
    type: str
    in_shape: tuple[int, int, int] = field(metadata={"alias": "in"})
    out_shape: tuple[int, int, int] = field(metadata={"alias": "out"})
    options: Mapping[str, object]
    parameters: int
    line: int
    is_loss: bool


@dataclass(frozen=True, slots=True)
class SpecSummary:
    """What `check_spec` answers: the network that a text describes, and its trainer's options."""

    layers: tuple[LayerInfo, ...]
    parameters: int
    trainer: Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What the network learns from; counts are of images."""

    name: str
    classes: tuple[str, ...]
    train: int
    validation: int
    test: int


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """The run that can be returned to: its network in a line, and how far it was trained.

    `how` says in a word what took its place.
    """

    title: str
    examples: int
    how: Leaving


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """All of a session's state; sent on connection and at every change.

    `unused_options` are the trainer's that do nothing with its method. `divergences` and
    `trainer_changes` are those of the run, oldest first. `failure` says in a word what a failed
    session failed of; `added_pictures` counts those that its owner has added to the training data;
    `recoverable` whether `recover` is possible now. `watch` is the path of the
    page for spectators. Spectators are told that page's id as the `session`, and neither `watch`
    nor `previous`.
    """

    type: ClassVar[str] = "session"
    session: str
    run_id: int
    status: Status
    role: Role
    spec: str
    layers: tuple[LayerInfo, ...]
    parameters: int
    trainer: Mapping[str, str | float]
    methods: tuple[str, ...]
    unused_options: tuple[str, ...]
    dataset: DatasetInfo
    seed: int
    divergences: tuple[Divergence, ...] = ()
    trainer_changes: tuple[TrainerChange, ...] = ()
    recoverable: bool = False
    added_pictures: int = 0
    failure: Failure | None = field(default=None, metadata=OMIT)
    reason: str | None = field(default=None, metadata=OMIT)
    place: int | None = field(default=None, metadata=OMIT)
    watch: str | None = field(default=None, metadata=OMIT)
    previous: PreviousRun | None = field(default=None, metadata=OMIT)


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One of a browser's sessions in the list of them.

    `seen` is when somebody last began or ended looking, in seconds since 1970; `viewers` is how
    many look now; `examples` is as of the newest graph point; `bytes` is what it takes on disk.
    """

    session: str
    title: str
    status: Status
    examples: int
    seen: float
    viewers: int
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class RemovedSession:
    """One of a browser's removed sessions, which can be restored for so many seconds more."""

    session: str
    title: str
    examples: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TestResult:
    """Accuracy on the whole test set (`examples` images), with the weights of `at_examples`."""

    __test__: ClassVar[bool] = False  # not a test, whatever pytest makes of its name
    accuracy: float
    examples: int
    at_examples: int


@dataclass(frozen=True, slots=True)
class Stats:
    """The running numbers; times are milliseconds per example, accuracies shares of one.

    `learning_rate` is that of the next step, as the schedule has it. `train_count` and
    `validation_count` are how many of the newest images the accuracies cover. `step_seconds` is how
    long a step takes, estimated within one that takes more than a second.
    """

    type: ClassVar[str] = "stats"
    run_id: int
    step: int
    examples: int
    epoch: float
    learning_rate: float
    examples_per_second: float
    forward_ms: float | None
    backward_ms: float | None
    loss: float | None
    decay_loss: float | None
    train_accuracy: float | None
    train_count: int
    validation_accuracy: float | None
    validation_count: int
    test_accuracy_recent: float | None
    test_recent_count: int
    test: TestResult | None
    step_seconds: float | None


@dataclass(frozen=True, slots=True)
class Points:
    """Consecutive graph points as columns of equal length."""

    type: ClassVar[str] = "points"
    run_id: int
    first: int
    examples: tuple[int, ...]
    loss: tuple[float | None, ...]
    decay_loss: tuple[float | None, ...]
    train_accuracy: tuple[float | None, ...]
    validation_accuracy: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Tests:
    """Consecutive full tests as columns of equal length.

    `examples` were trained on by then, `accuracy` is a share of the `images`, and `confusion` has a
    list for each test: see `FullTest.counts`.
    """

    __test__: ClassVar[bool] = False
    type: ClassVar[str] = "tests"
    run_id: int
    first: int
    examples: tuple[int, ...]
    accuracy: tuple[float, ...]
    images: tuple[int, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class PixelMap:
    """Gray levels of one volume or filter bank, and the numbers that 0 and 255 stand for.

    `whole` is the shape of all there is, where that is too much to be sent: the first along each
    axis of `shape` but the last two, and of those every so many-th pixel. `ranges` holds for each
    filter of weights the two numbers that 0 and 255 stand for there, one filter after the other.
    """

    shape: tuple[int, ...]
    minimum: float = field(metadata={"alias": "min"})
    maximum: float = field(metadata={"alias": "max"})
    pixels: bytes
    whole: tuple[int, ...] | None = field(default=None, metadata=OMIT)
    ranges: tuple[float, ...] | None = field(default=None, metadata=OMIT)


@dataclass(frozen=True, slots=True)
class LayerMaps:
    """The pictures of one layer's card; None where the layer has none."""

    index: int
    activations: PixelMap | None = field(metadata=OMIT)
    gradients: PixelMap | None = field(metadata=OMIT)
    weights: PixelMap | None = field(metadata=OMIT)
    weight_gradients: PixelMap | None = field(metadata=OMIT)


@dataclass(frozen=True, slots=True)
class Layers:
    """The cards' pictures, of one example: see `ExampleChoice`. `label` is its class, if known."""

    type: ClassVar[str] = "layers"
    run_id: int
    step: int
    source: Source
    index: int | None
    pinned: bool
    label: int | None
    layers: tuple[LayerMaps, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A test image, its class and the likeliest ones; `pixels` are gray levels, row by row."""

    index: int
    label: int
    top: tuple[Guess, ...]
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Predictions:
    """Four test images, all of one size, with their three likeliest classes."""

    type: ClassVar[str] = "predictions"
    run_id: int
    round: int
    width: int
    height: int
    items: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """The added pictures that are trained on, as columns: what each is, and is taken for.

    `labels` and `guesses` are indices of classes; see `AddedPicture`.
    """

    type: ClassVar[str] = "added"
    run_id: int
    ids: tuple[str, ...]
    labels: tuple[int, ...]
    guesses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DatasetEvent:
    """Which data is in use, and how far its download is (bytes)."""

    type: ClassVar[str] = "dataset"
    state: DatasetState
    name: str
    received: int | None = field(default=None, metadata=OMIT)
    total: int | None = field(default=None, metadata=OMIT)
    message: str | None = field(default=None, metadata=OMIT)


@dataclass(frozen=True, slots=True)
class Saved:
    """How far the run is on disk: it would go on from there if the server died.

    `examples` is None where nothing is saved yet; `trouble` says why nothing newer can be, and
    `warning` that there is little room left.
    """

    type: ClassVar[str] = "saved"
    run_id: int
    examples: int | None
    trouble: str | None = field(default=None, metadata=OMIT)
    warning: str | None = field(default=None, metadata=OMIT)


@dataclass(frozen=True, slots=True)
class Spectators:
    """How many watch without being able to change anything."""

    type: ClassVar[str] = "spectators"
    count: int


@dataclass(frozen=True, slots=True)
class Notice:
    type: ClassVar[str] = "notice"
    level: Level
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What was wrong with a command, and where: a line and column of the spec, or a field."""

    message: str
    line: int | None = field(default=None, metadata=OMIT)
    column: int | None = field(default=None, metadata=OMIT)
    field: str | None = field(default=None, metadata=OMIT)


@dataclass(frozen=True, slots=True)
class Answer:
    """The one answer to the command with this id."""

    type: ClassVar[str] = "answer"
    id: int
    ok: bool
    result: Mapping[str, Any] | None = field(default=None, metadata=OMIT)
    error: Problem | None = field(default=None, metadata=OMIT)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    type: ClassVar[str] = "heartbeat"


TextEvent: TypeAlias = (
    SessionEvent
    | Stats
    | Points
    | Tests
    | Added
    | DatasetEvent
    | Saved
    | Spectators
    | Notice
    | Answer
    | Heartbeat
)
BinaryEvent: TypeAlias = Layers | Predictions
Event: TypeAlias = TextEvent | BinaryEvent
EVENTS: dict[str, type[Event]] = {member.type: member for member in get_args(Event)}
