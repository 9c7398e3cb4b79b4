"""How many examples a second a run trains on."""

from __future__ import annotations

from collections import deque

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
