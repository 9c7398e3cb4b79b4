"""Bounds the bytes that are under way to viewers: large pictures wait for their turn."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Waker(Protocol):
    """A viewer, as far as it waits for its turn."""

    def wake(self) -> None:
        """There may be room now."""


class OutgoingBudget:
    """One server's messages on their way to viewers, and the viewers whose pictures wait.

    Whoever waits is woken in turn, keeps its turn while it still sends something else, and sends
    what is newest by then. A group, such as a session's spectators, has a quarter of the room.
    """

    def __init__(self, most_bytes: int) -> None:
        """Nothing is under way; one message may go beyond the bound."""
        self._most = most_bytes
        self._bytes = 0
        self._of: dict[Hashable, int] = {}
        self._waiting: dict[Waker, Hashable] = {}
        self._busy: set[Waker] = set()

    @property
    def under_way(self) -> int:
        """Bytes of all messages that have not gone out yet."""
        return self._bytes

    def admits(self, viewer: Waker, group: Hashable) -> bool:
        """Whether this viewer may send a picture now; if not, it is woken when it may."""
        self._waiting.setdefault(viewer, group)
        if self._next() is not viewer:
            return False
        del self._waiting[viewer]
        return True

    @contextmanager
    def sending(self, viewer: Waker, group: Hashable, size: int) -> Iterator[None]:
        """A message of so many bytes is under way until the block ends."""
        self._busy.add(viewer)
        self._count(group, size)
        # There may be room for another, too.
        self._wake_next()
        try:
            yield
        finally:
            self._busy.discard(viewer)
            self._count(group, -size)
            self._wake_next()

    def leave(self, viewer: Waker) -> None:
        """This viewer has nothing to wait for; idempotent."""
        if self._waiting.pop(viewer, None) is not None:
            self._wake_next()

    def _count(self, group: Hashable, size: int) -> None:
        self._bytes += size
        self._of[group] = self._of.get(group, 0) + size
        if not self._of[group]:
            del self._of[group]

    def _next(self) -> Waker | None:
        """Who has waited for longest of those for whom there is room."""
        if self._bytes >= self._most:
            return None
        for viewer, group in self._waiting.items():
            if viewer not in self._busy and self._of.get(group, 0) < self._most / 4:
                return viewer
        return None

    def _wake_next(self) -> None:
        if (viewer := self._next()) is not None:
            viewer.wake()
