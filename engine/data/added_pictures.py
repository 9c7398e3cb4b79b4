"""Pictures that a user adds to the data that a network is trained on: which are due, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.data.idx import Bytes

EVERY = 100
"""One training example in so many is an added picture."""


@dataclass(frozen=True, eq=False)
class AddedPictures:
    """Labeled pictures beside a data set.

    Attributes:
        images: (N, h, w) uint8, as large as the data set's.
        labels: (N,) int64.
    """

    images: Bytes
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def due(self, seen: int, count: int) -> AddedPictures | None:
        """Those that belong among the next `count` examples after `seen` ones; None if none do.

        They take turns. Whose turn it is follows from `seen` alone, so that a run that goes on from
        a snapshot goes on with the same ones.
        """
        turns = np.arange(seen // EVERY, (seen + count) // EVERY)
        if not len(self) or not len(turns):
            return None
        chosen = turns % len(self)
        return AddedPictures(self.images[chosen], self.labels[chosen])
