"""What waits to be sent to one viewer: bounded, whatever the viewer's speed.

Messages that only matter when new have one slot each. State changes, notices and answers wait in
line; a viewer that lets too many of them pile up is let go. Graph points and full tests do not wait
here at all: the viewer remembers up to which index it has them, and the history is read from there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection

from server.protocol.connections import CloseReason, Role
from server.protocol.encode_events import Frame

MAX_WAITING = 500


class Viewer:
    """One connection's outbox.

    Attributes:
        role: what it may do.
        watched: layers on this viewer's screen.
        next_point, next_test: index of the first graph point and full test it has not got.
        closing: why the connection is to end, once it is.
    """

    def __init__(self, role: Role = Role.OWNER) -> None:
        self.role = role
        self.watched: frozenset[int] = frozenset()
        self.next_point = self.next_test = 0
        self.closing: CloseReason | None = None
        self._line: deque[Frame] = deque()
        self._slots: dict[str, Frame] = {}
        self._wake = asyncio.Event()

    def put(self, frame: Frame) -> None:
        """Send this message, after those already in line."""
        if len(self._line) >= MAX_WAITING:
            self.close(CloseReason.TOO_SLOW)
            return
        self._line.append(frame)
        self._wake.set()

    def show(self, kind: str, frame: Frame) -> bool:
        """Send this message unless a newer one of its kind comes first; true if this is such."""
        newer = kind in self._slots
        self._slots[kind] = frame
        self._wake.set()
        return newer

    def wake(self) -> None:
        """There may be graph points or full tests to fetch."""
        self._wake.set()

    def close(self, reason: CloseReason) -> None:
        """End the connection; the first reason counts."""
        self.closing = self.closing or reason
        self._line.clear()
        self._slots.clear()
        self._wake.set()

    def forget(self, kinds: Collection[str]) -> None:
        """A new run: messages of these kinds and the graph of the old one are of no use now."""
        for kind in kinds:
            self._slots.pop(kind, None)
        self.next_point = self.next_test = 0

    def take_waiting(self) -> Frame | None:
        """The next message in line."""
        return self._line.popleft() if self._line else None

    def take_newest(self) -> Frame | None:
        """The message that has been in its slot for longest."""
        kind = next(iter(self._slots), None)
        return None if kind is None else self._slots.pop(kind)

    async def wait(self, seconds: float) -> bool:
        """True when there may be something to send; false after so many seconds of nothing."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return False
        self._wake.clear()
        return True
