"""Plain values of a run that messages, records and files have in common."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.analysis.tested_images import TestedImages

_COUNT_BYTES = 4


@dataclass(frozen=True, slots=True)
class DataReference:
    """Names a data set wherever it lies: its name for people, and the digest of its content."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a loss stopped being finite: the step that found it, after so many examples."""

    examples: int
    step: int
    learning_rate: float


@dataclass(frozen=True, slots=True)
class TrainerChange:
    """Trainer options changed while a run was under way.

    Attributes:
        examples: trained on by then.
        changes: by option, its value before and after.
    """

    examples: int
    changes: Mapping[str, tuple[str | float, str | float]]


@dataclass(frozen=True, slots=True)
class FullTest:
    """How a run did on the whole test set, each image cropped at its centre.

    Attributes:
        examples: trained on by then.
        accuracy: share of the images that were recognized.
        images: how many there were.
        confusion: see `counts`; deflated, since that of a hundred classes is mostly zeros.
    """

    examples: int
    accuracy: float
    images: int
    confusion: bytes

    @classmethod
    def of(cls, examples: int, accuracy: float, images: int, counts: Sequence[int]) -> FullTest:
        """The value with its counts packed."""
        packed = zlib.compress(struct.pack(f"<{len(counts)}I", *counts))
        return cls(examples, accuracy, images, packed)

    @property
    def counts(self) -> tuple[int, ...]:
        """The confusion matrix row by row: a row for each class, a column for each guess.

        A network may have more classes than the data: its guesses at those are in no column.
        """
        data = zlib.decompress(self.confusion)
        return struct.unpack(f"<{len(data) // _COUNT_BYTES}I", data)

    @property
    def matrix(self) -> tuple[tuple[int, ...], ...]:
        """The same as its rows: `matrix[truth][guess]` images."""
        counts = self.counts
        classes = math.isqrt(len(counts))
        return tuple(counts[at : at + classes] for at in range(0, len(counts), classes))


@dataclass(frozen=True, slots=True)
class ImageTest:
    """What the newest full test took each image for: too large to keep of every one.

    Attributes:
        examples: trained on by then.
        data: digest of the data set whose test images they are.
    """

    examples: int
    data: str
    images: TestedImages


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything needed to go on with a run.

    Attributes:
        examples: trained on so far.
        points, tests: how many graph points and full tests were made so far.
        data: a snapshot file, as `engine.formats` writes it.
    """

    run_id: int
    examples: int
    points: int
    tests: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Guess:
    """One class and how likely the network takes it to be."""

    klass: int = field(metadata={"alias": "class"})
    probability: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How many examples a run has trained on, and how many it trains on in a second."""

    examples: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Weights:
    """What a network has learned, as the bytes of `Net.params` and `Net.state`."""

    params: bytes
    state: bytes


PointRow: TypeAlias = tuple[int, float, float, float | None, float | None]
