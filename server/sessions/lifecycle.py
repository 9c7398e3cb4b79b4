"""The life of a session as a table of states; an illegal move raises."""

from __future__ import annotations

import time

from server.protocol.kinds import Failure, Status


class IllegalMove(RuntimeError):
    """A change of state that the table does not allow: a fault in this program."""


_MOVES: dict[Status, frozenset[Status]] = {
    Status.STOPPED: frozenset({Status.WAITING, Status.STARTING, Status.FAILED}),
    Status.WAITING: frozenset({Status.STARTING, Status.STOPPED}),
    Status.STARTING: frozenset({Status.RUNNING, Status.PAUSED, Status.FAILED, Status.STOPPED}),
    Status.RUNNING: frozenset({Status.STARTING, Status.PAUSED, Status.FAILED, Status.STOPPED}),
    Status.PAUSED: frozenset(
        {Status.WAITING, Status.STARTING, Status.RUNNING, Status.FAILED, Status.STOPPED}
    ),
    Status.FAILED: frozenset({Status.STARTING, Status.WAITING, Status.STOPPED}),
}


class Life:
    """The current status, the reason for it, and the only way to change it."""

    def __init__(self, failure: Failure | None = None, reason: str | None = None) -> None:
        """Begin at rest, or failed as an earlier server left it."""
        self._running_seconds = 0.0
        self._running_since: float | None = None
        self.status = Status.FAILED if failure else Status.STOPPED
        self.failure = failure
        self.reason = reason

    @property
    def running_seconds(self) -> float:
        """For how long it has been running, all such times together."""
        since = self._running_since
        return self._running_seconds + (0.0 if since is None else time.monotonic() - since)

    def move(self, to: Status, reason: str | None = None, failure: Failure | None = None) -> None:
        """Change the status; to `FAILED` with a `failure`.

        Raises:
            IllegalMove: there is no way from the current status to `to`.
        """
        if to is not self.status and to not in _MOVES[self.status]:
            raise IllegalMove(f"a session cannot go from {self.status} to {to}")
        if to is not self.status:
            self._running_seconds = self.running_seconds
            self._running_since = time.monotonic() if to is Status.RUNNING else None
        self.status = to
        self.reason = reason
        self.failure = (failure or Failure.ERROR) if to is Status.FAILED else None
