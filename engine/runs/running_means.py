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
MOST_BATCHES = 10_000
"""In a file; there are no more than the newest examples that are averaged over."""


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

    def state(self) -> list[list[float]]:
        """What `restore` needs: the sum and the examples of each batch."""
        return [[total, examples] for total, examples in self._batches]

    def restore(self, state: object) -> None:
        """Go on from a `state` as if there had been no break.

        Raises:
            ValueError: it is malformed.
        """
        if not isinstance(state, list) or len(state) > MOST_BATCHES:
            raise ValueError("a running mean is a list of batches")
        batches = [_batch(each) for each in state]
        self._batches = deque(batches)
        self.count = sum(examples for _, examples in batches)


def _batch(value: object) -> tuple[float, int]:
    match value:
        case [int() | float() as total, int() as examples] if (
            isfinite(total) and 0 <= total <= MOST and 0 < examples <= MOST
        ):
            return total, examples
    raise ValueError("a batch of a running mean is a sum and a count")
