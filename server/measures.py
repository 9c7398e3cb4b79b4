"""The running numbers that only a page shows: speed, graph points, and when to test again."""

from __future__ import annotations

from collections import deque

from server.orders import PointRow

POINT_INTERVAL = 200
POINTS_PER_DOUBLING = 2000
SPEED_SECONDS = 2.0


class Speed:
    """Examples per second over the last two seconds of training, pauses left out."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, now: float, examples: int) -> None:
        """Note how many examples had been trained on at `now` (seconds)."""
        self._marks.append((now, examples))
        while len(self._marks) > 2 and now - self._marks[1][0] >= SPEED_SECONDS:
            self._marks.popleft()

    def reset(self) -> None:
        """Forget what was measured, as after a pause."""
        self._marks.clear()

    def per_second(self) -> float:
        """0 while there is nothing to measure by."""
        if len(self._marks) < 2:
            return 0.0
        (began, first), (ended, last) = self._marks[0], self._marks[-1]
        return (last - first) / (ended - began) if ended > began else 0.0


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


class TestSchedule:
    """When to measure the accuracy on the full test set: often, but at a bounded cost.

    A test runs in slices between steps. While it runs it may take `burst` of the time; the pause
    after it is long enough that all tests together take no more than `share`.
    """

    __test__ = False

    def __init__(self, share: float, burst: float, pause: float, first: float) -> None:
        """The first test may begin at the time `first`."""
        self._share = share
        self._burst = burst
        self._pause = pause
        self._next = first
        self._tests = 0
        self._began = 0.0
        self._spent = 0.0

    def may_begin(self, now: float) -> bool:
        return now >= self._next

    def begin(self, now: float) -> None:
        self._began = now
        self._spent = 0.0

    def may_go_on(self, now: float) -> bool:
        """Whether the test in progress may take another slice."""
        return self._spent <= self._burst * (now - self._began)

    def spend(self, seconds: float) -> None:
        self._spent += seconds

    def end(self, now: float) -> None:
        """A test is over; the next begins once its cost has been spread thin enough.

        The first few follow each other sooner: that is when a network changes most.
        """
        self._tests += 1
        thin = min(self._began + self._spent / self._share, now + self._tests * self._pause)
        self._next = max(now + self._pause, thin)
