"""The life of a session as a table of states; an illegal move raises."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """What a session is doing; the value is the word on the wire."""

    STOPPED = "stopped"
    """It has no process and wants none until somebody looks."""
    WAITING = "waiting"
    """It stands in line for a process."""
    STARTING = "starting"
    """Its process is there, but the network does not run yet."""
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    """The run cannot go on; a new run can begin."""


class IllegalMove(RuntimeError):
    """A change of state that the table does not allow: a fault in this program."""


_MOVES: dict[Status, frozenset[Status]] = {
    Status.STOPPED: frozenset({Status.WAITING, Status.STARTING}),
    Status.WAITING: frozenset({Status.STARTING, Status.STOPPED}),
    Status.STARTING: frozenset({Status.RUNNING, Status.PAUSED, Status.FAILED, Status.STOPPED}),
    Status.RUNNING: frozenset({Status.STARTING, Status.PAUSED, Status.FAILED, Status.STOPPED}),
    Status.PAUSED: frozenset({Status.STARTING, Status.RUNNING, Status.FAILED, Status.STOPPED}),
    Status.FAILED: frozenset({Status.STARTING, Status.WAITING, Status.STOPPED}),
}


class Life:
    """The current status, the reason for it, and the only way to change it."""

    def __init__(self) -> None:
        self.status = Status.STOPPED
        self.reason: str | None = None

    def move(self, to: Status, reason: str | None = None) -> None:
        """Change the status.

        Raises:
            IllegalMove: there is no way from the current status to `to`.
        """
        if to is not self.status and to not in _MOVES[self.status]:
            raise IllegalMove(f"a session cannot go from {self.status.value} to {to.value}")
        self.status = to
        self.reason = reason
