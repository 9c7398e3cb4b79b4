"""What waits to be sent to one viewer: bounded, whatever the viewer's speed.

Messages that only matter when new have one slot each; pictures are picked out for the viewer when
their turn comes, so that until then all viewers hold the same. State changes, notices and answers
wait in line; a viewer that lets too many of them pile up is let go, and whoever does not read its
answers is not heard. Graph points and full tests do not wait here at all: the viewer remembers up
to which index it has them, and the history is read from there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection

from server.protocol.connections import CloseReason, Role
from server.protocol.encode_events import Cards, Frame

MAX_WAITING = 500
MAX_WAITING_BYTES = 2 << 20
"""Of the messages in line; one that is longer waits alone."""
MOST_UNREAD = 8
"""A viewer for whom more messages wait is not heard until it has read some."""


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
        self._line_bytes = 0
        self._slots: dict[str, Frame | Cards] = {}
        self._wake = asyncio.Event()
        self._taken = asyncio.Event()

    def put(self, frame: Frame) -> None:
        """Send this message, after those already in line."""
        if self.closing is not None:
            return
        too_many = len(self._line) >= MAX_WAITING
        if too_many or (self._line and self._line_bytes + frame.size > MAX_WAITING_BYTES):
            self.close(CloseReason.TOO_SLOW)
            return
        self._line.append(frame)
        self._line_bytes += frame.size
        self._wake.set()

    async def has_read(self) -> None:
        """Wait until few messages stand in line: whoever reads no answers is given none."""
        while len(self._line) > MOST_UNREAD:
            self._taken.clear()
            await self._taken.wait()

    def show(self, kind: str, frame: Frame | Cards) -> bool:
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
        self._line_bytes = 0
        self._slots.clear()
        self._wake.set()
        self._taken.set()

    def forget(self, kinds: Collection[str]) -> None:
        """A new run: messages of these kinds and the graph of the old one are of no use now."""
        for kind in kinds:
            self._slots.pop(kind, None)
        self.next_point = self.next_test = 0

    @property
    def has_pictures(self) -> bool:
        """Whether pictures wait for their turn."""
        return any(isinstance(frame, Cards) for frame in self._slots.values())

    def forget_pictures(self) -> None:
        """No layer is on screen any more."""
        for kind in [kind for kind, frame in self._slots.items() if isinstance(frame, Cards)]:
            del self._slots[kind]

    def take_waiting(self) -> Frame | None:
        """The next message in line."""
        if not self._line:
            return None
        frame = self._line.popleft()
        self._line_bytes -= frame.size
        self._taken.set()
        return frame

    def take_newest(self, may_have_pictures: Callable[[], bool]) -> Frame | Cards | None:
        """The message that has been in its slot for longest; pictures only where they may go."""
        for kind, frame in self._slots.items():
            if not isinstance(frame, Cards) or may_have_pictures():
                return self._slots.pop(kind)
        return None

    async def wait(self, seconds: float) -> bool:
        """True when there may be something to send; false after so many seconds of nothing."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return False
        self._wake.clear()
        return True
