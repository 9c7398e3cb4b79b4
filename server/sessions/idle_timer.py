"""What happens when nobody watches: a pause after a while, and later the trainer is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from server.settings import Settings


class IdleTimer:
    """Counts the time since the last viewer left.

    Attributes:
        resting: whether that was long enough for a pause.
    """

    def __init__(
        self, settings: Settings, rest: Callable[[], bool], release: Callable[[], None]
    ) -> None:
        """After `pause_seconds` calls `rest`, and `release_seconds` later, or at once if that
        returned true, `release`.
        """
        self.resting = False
        self._settings = settings
        self._rest, self._release = rest, release
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The last viewer has left; idempotent."""
        if self._timer is None and not self.resting:
            self._later(self._settings.pause_seconds, self._begin_rest)

    def end(self) -> bool:
        """Somebody looks again; true if it was resting."""
        self.stop()
        rested, self.resting = self.resting, False
        return rested

    def hurry(self) -> None:
        """Release now: somebody else waits."""
        self.stop()
        self._release()

    def stop(self) -> None:
        """Do nothing more; idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin_rest(self) -> None:
        self.resting = True
        somebody_waits = self._rest()
        self._later(0 if somebody_waits else self._settings.release_seconds, self.hurry)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, call)
