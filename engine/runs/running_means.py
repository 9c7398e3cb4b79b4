"""Means of losses and accuracies over the newest examples."""

from __future__ import annotations

from collections import deque
from math import fsum

WINDOW_EXAMPLES = 1000
"""Losses and accuracies are means over the newest examples, so many where there are as many."""
MINIMUM_EXAMPLES = 20
"""Fewer examples than this say nothing yet about an accuracy."""


class Window:
    """Mean of a quantity over the newest examples, fed with sums over batches."""

    def __init__(self, examples: int = WINDOW_EXAMPLES) -> None:
        self._wanted = examples
        self._batches: deque[tuple[float, int]] = deque()
        self.count = 0

    def add(self, total: float, examples: int) -> None:
        """Add a batch's sum; forget batches that are not needed for a full window."""
        self._batches.append((total, examples))
        self.count += examples
        while self.count - self._batches[0][1] >= self._wanted:
            self.count -= self._batches.popleft()[1]

    def mean(self, at_least: int = MINIMUM_EXAMPLES) -> float | None:
        """None until there are so many examples."""
        if self.count < at_least:
            return None
        # Added up anew: in a running total one huge loss, as of a divergence, would leave traces.
        return fsum(total for total, _ in self._batches) / self.count
