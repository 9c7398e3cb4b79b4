"""Means of losses and accuracies over the newest examples."""

from __future__ import annotations

from collections import deque
from math import fsum, isfinite

NEWEST_EXAMPLES = 1000
"""How many of the newest examples losses and accuracies are averaged over."""
LEAST_EXAMPLES = 20
"""With fewer examples than this an accuracy means nothing yet."""

MOST = 2**53
"""No sum and no count in a file may be larger."""


class RunningMean:
    """The mean of a quantity over the newest examples, fed with sums over batches.

    Attributes:
        newest: how many of the newest examples it covers, once there are that many; may change.
        count: examples that it covers so far.
    """

    def __init__(self, newest: int = NEWEST_EXAMPLES) -> None:
        """Average over the `newest` examples, or a few more: batches are kept whole."""
        self.newest = newest
        self._batches: deque[tuple[float, int]] = deque()
        self.count = 0

    def add(self, total: float, examples: int) -> None:
        """Add a batch's sum; forget batches that the newest examples no longer reach into."""
        self._batches.append((total, examples))
        self.count += examples
        while self.count - self._batches[0][1] >= self.newest:
            self.count -= self._batches.popleft()[1]

    def mean(self, at_least: int = LEAST_EXAMPLES) -> float | None:
        """The mean, or None as long as it would cover fewer than `at_least` examples."""
        if self.count < at_least:
            return None
        # Summed afresh each time: a running total would keep rounding errors of one huge loss.
        return fsum(total for total, _ in self._batches) / self.count

    def state(self) -> list[float]:
        """What `restore` needs: the sum, and over how many examples."""
        return [fsum(total for total, _ in self._batches), self.count]

    def restore(self, state: object) -> None:
        """Go on from a `state`, as if its examples had been one batch.

        Raises:
            ValueError: it is malformed.
        """
        match state:
            case [int() | float() as total, int() as count] if (
                isfinite(total) and 0 <= total <= MOST and 0 <= count <= MOST
            ):
                self._batches = deque([(float(total), count)])
                self.count = count
            case _:
                raise ValueError("a running mean is a sum and a count")
