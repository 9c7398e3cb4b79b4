"""When to measure the accuracy on the full test set."""

from __future__ import annotations


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
