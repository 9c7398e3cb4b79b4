"""All graph points and full tests of one run, from which every viewer reads on from where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from server.protocol.events import Points, Tests
from server.protocol.run_values import FullTest, PointRow

MOST_POINTS_AT_ONCE = 2000
"""So many points are about 100 KB of JSON: enough for a message."""
MOST_TEST_NUMBERS_AT_ONCE = 20_000
"""So many are 50 to 100 KB; one test of a hundred classes has half of them."""

Row = TypeVar("Row")


class History(Generic[Row]):
    """What one run has left so far, by index."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def __len__(self) -> int:
        return len(self._rows)

    def extend(self, rows: Sequence[Row]) -> None:
        """Add the newest."""
        self._rows.extend(rows)

    def rows(self, first: int, end: int) -> Sequence[Row]:
        """Those from index `first` up to before `end`."""
        return tuple(self._rows[first:end])

    def cut(self, count: int) -> None:
        """Forget all but the first `count`."""
        del self._rows[count:]


class PointHistory(History[PointRow]):
    """The points of both graphs."""

    @property
    def examples(self) -> int:
        """How many examples had been seen at the newest point."""
        return self._rows[-1][0] if self._rows else 0

    def read(self, run_id: int, first: int) -> Points | None:
        """Points from index `first`, as many as fit a message; None where there are none yet."""
        rows = self._rows[first : first + MOST_POINTS_AT_ONCE]
        if not rows:
            return None
        columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
        return Points(run_id, first, *columns)


class TestHistory(History[FullTest]):
    """The full tests."""

    __test__ = False

    @property
    def examples(self) -> int:
        """How many examples had been seen at the newest test."""
        return self._rows[-1].examples if self._rows else 0

    def read(self, run_id: int, first: int) -> Tests | None:
        """Tests from index `first`, as many as fit a message; None where there are none yet."""
        rows: list[tuple[Any, ...]] = []
        room = MOST_TEST_NUMBERS_AT_ONCE
        for test in self._rows[first:]:
            counts = test.counts
            room -= 3 + len(counts)
            if rows and room < 0:
                break
            rows.append((test.examples, test.accuracy, test.images, counts))
        if not rows:
            return None
        columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
        return Tests(run_id, first, *columns)
