"""Which example the cards of a session show."""

from __future__ import annotations

from dataclasses import dataclass

from engine.data import Dataset
from server.protocol.kinds import Source


@dataclass(frozen=True, slots=True)
class ExampleChoice:
    """`index` among the images of `source`; without one the newest example, or the user's picture.

    Training images are those that are trained on, validation images those held out.
    """

    source: Source = Source.TRAINING
    index: int | None = None

    @property
    def pinned(self) -> bool:
        """Whether the same example is shown until another is chosen."""
        return self != NEWEST


NEWEST = ExampleChoice()
"""Whatever was trained on last."""


def image_count(dataset: Dataset, source: Source) -> int:
    """How many images of this source there are to choose from by index."""
    match source:
        case Source.TRAINING:
            return len(dataset.training_indices)
        case Source.VALIDATION:
            return len(dataset.validation_indices)
        case Source.TEST:
            return len(dataset.test_images)
        case Source.IMAGE:
            return 0
