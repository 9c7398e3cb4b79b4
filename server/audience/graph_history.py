"""All graph points of one run, from which every viewer reads on from where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.protocol.events import Points
from server.protocol.run_values import PointRow

MOST_AT_ONCE = 2000
"""So many points are about 100 KB of JSON: enough for a message."""


class History:
    """Graph points by index."""

    def __init__(self) -> None:
        self._rows: list[PointRow] = []

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def examples(self) -> int:
        """How many examples had been seen at the newest point."""
        return self._rows[-1][0] if self._rows else 0

    def extend(self, rows: Sequence[PointRow]) -> None:
        """Add the newest points."""
        self._rows.extend(rows)

    def rows(self, first: int, end: int) -> Sequence[PointRow]:
        """The points from index `first` up to before `end`."""
        return tuple(self._rows[first:end])

    def cut(self, count: int) -> None:
        """Forget all but the first `count` points."""
        del self._rows[count:]

    def clear(self) -> None:
        """A new run has begun."""
        self._rows.clear()

    def read(self, run_id: int, first: int) -> Points | None:
        """Points from index `first`, as many as fit a message; None where there are none yet."""
        rows = self._rows[first : first + MOST_AT_ONCE]
        if not rows:
            return None
        columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
        return Points(run_id, first, *columns)
