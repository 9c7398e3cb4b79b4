"""The points of a run's graphs, made as it trains."""

from __future__ import annotations

from server.protocol.run_values import PointRow

POINT_INTERVAL = 200
POINTS_PER_DOUBLING = 2000


class PointRecorder:
    """Collects graph points, each the mean over an interval of examples.

    The interval doubles with every 2,000 points, so that the history of a run grows with the
    logarithm of its length.
    """

    def __init__(self, made: int = 0) -> None:
        """Start, or go on after so many points."""
        self.made = made
        self.interval: int = POINT_INTERVAL << (made // POINTS_PER_DOUBLING)
        self._pending: list[PointRow] = []
        self._loss = 0.0
        self._decay = 0.0
        self._examples = 0

    def add(self, loss: float, decay: float, examples: int) -> bool:
        """Add one batch's mean losses; true if a point is due now."""
        self._loss += loss * examples
        self._decay += decay * examples
        self._examples += examples
        return self._examples >= self.interval

    def make(self, seen: int, train_accuracy: float | None, validation: float | None) -> None:
        """Make a point at `seen` examples, of what was added since the last; nothing of nothing."""
        if not self._examples:
            return
        loss, decay = self._loss / self._examples, self._decay / self._examples
        self._pending.append((seen, loss, decay, train_accuracy, validation))
        self.made += 1
        if self.made % POINTS_PER_DOUBLING == 0:
            self.interval *= 2
        self._loss = self._decay = 0.0
        self._examples = 0

    def take(self) -> tuple[int, tuple[PointRow, ...]]:
        """The points made since the last call, and the index of their first."""
        rows = tuple(self._pending)
        self._pending.clear()
        return self.made - len(rows), rows
