"""How long servers have been up: what the age of a session is measured by.

Not by the clock on the wall, which may be wrong by weeks, and goes on while no server runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Uptime:
    """Seconds that this server and those before it were up with the same state."""

    def __init__(self, before: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """A server starts now; those before it were up for so many seconds."""
        self._before, self._clock = before, clock
        self._started = clock()

    @property
    def here(self) -> float:
        """Since this server started."""
        return self._clock() - self._started

    @property
    def total(self) -> float:
        """Of all servers."""
        return self._before + self.here
