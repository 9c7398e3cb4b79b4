"""Plain values of a run that messages, records and files have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a loss stopped being finite: the step that found it, after so many examples."""

    examples: int
    step: int
    learning_rate: float


@dataclass(frozen=True, slots=True)
class TestResult:
    """Accuracy on the whole test set, center crops, with the weights of `at_examples`."""

    __test__: ClassVar[bool] = False  # not a test, whatever pytest makes of its name
    accuracy: float
    examples: int
    at_examples: int


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
