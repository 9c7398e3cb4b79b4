"""The viewers of one session, and all that one who comes later still needs to be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from server.audience.graph_history import PointHistory, TestHistory
from server.audience.outgoing_budget import OutgoingBudget
from server.audience.viewer import Viewer
from server.counters import Tally
from server.protocol.connections import Role
from server.protocol.encode_events import Cards, Frame, encode
from server.protocol.events import Layers, Spectators, TextEvent
from server.protocol.run_values import FullTest, ImageTest, PointRow

COUNT_SECONDS = 0.5
"""How long spectators come and go before all are told how many there are: a class comes at once."""


class _Picked(NamedTuple):
    cards: Cards
    layers: frozenset[int]
    frame: Frame


class Audience:
    """Viewers, the newest message of each kind, and the graph of the run.

    Attributes:
        run_id: of the run that is shown.
        watched: the layers that some viewer has on screen.
        tally: what has happened on the server, to be added to.
        history, tests: graph points and full tests of that run.
        image_test: what the newest test took each image for; None until there is one, and where
            neither a trainer nor a viewer needs it.
    """

    def __init__(self, tally: Tally, outgoing: OutgoingBudget) -> None:
        """Nobody yet; what they are sent is added to the tally, and goes out by that budget."""
        self.tally = tally
        self._outgoing = outgoing
        self.watched: frozenset[int] = frozenset()
        self.history = PointHistory()
        self.tests = TestHistory()
        self.image_test: ImageTest | None = None
        self._viewers: set[Viewer] = set()
        self._newest: dict[str, Frame | Cards] = {}
        self._picked: _Picked | None = None
        self._counting: asyncio.TimerHandle | None = None
        self.run_id = 0
        self._seq = 0

    def __len__(self) -> int:
        return len(self._viewers)

    def __iter__(self) -> Iterator[Viewer]:
        return iter(tuple(self._viewers))

    def join(self, viewer: Viewer) -> None:
        """Show a viewer all there is; of the graph only what comes from now on."""
        self._viewers.add(viewer)
        viewer.next_point, viewer.next_test = len(self.history), len(self.tests)
        for kind, frame in self._newest.items():
            self._show(viewer, kind, frame)
        self._count_soon(viewer)

    def leave(self, viewer: Viewer) -> bool:
        """Forget a viewer; true if fewer layers are watched now."""
        self._viewers.discard(viewer)
        self._outgoing.leave(viewer)
        self._count_soon(viewer)
        return self._sum_up()

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that some viewer has."""
        return frozenset(viewer.role for viewer in self._viewers)

    def count(self, role: Role) -> int:
        """How many viewers of this role there are."""
        return sum(viewer.role is role for viewer in self._viewers)

    def watch(self, viewer: Viewer, layers: frozenset[int]) -> bool:
        """A viewer scrolled; true if other layers are watched now than before."""
        viewer.watched = layers
        if (frame := self._newest.get(Layers.type)) is not None:
            self._show(viewer, Layers.type, frame)
        if not layers:
            viewer.forget_pictures()
        return self._sum_up()

    def send(self, event: TextEvent) -> None:
        """Send all viewers a message that none may miss."""
        frame = encode(event)
        for viewer in self:
            viewer.put(frame)

    def show(self, kind: str, frame: Frame | Cards) -> None:
        """Show all viewers a message that only matters while it is the newest of its kind."""
        self._newest[kind] = frame
        for viewer in self:
            self._show(viewer, kind, frame)

    def add_points(self, rows: Sequence[PointRow]) -> None:
        """Lengthen the graphs."""
        self.history.extend(rows)
        for viewer in self:
            viewer.wake()

    def add_tests(self, tests: Sequence[FullTest]) -> None:
        """Add the newest full tests."""
        self.tests.extend(tests)
        for viewer in self:
            viewer.wake()

    def rewind(self, points: int, tests: int) -> None:
        """Go on with the graph from its first `points` and `tests`; those after them come anew."""
        self.history.cut(points)
        self.tests.cut(tests)
        self.image_test = None
        for viewer in self:
            viewer.next_point = min(viewer.next_point, points)
            viewer.next_test = min(viewer.next_test, tests)

    def begin_run(self, run_id: int, *, forgotten: Sequence[str]) -> None:
        """Forget the graph, and the newest messages of the kinds that belong to one run."""
        self.run_id = run_id
        # New ones: whoever saves the graph may still need the end of the one before.
        self.history, self.tests = PointHistory(), TestHistory()
        self.image_test = None
        for kind in forgotten:
            self._newest.pop(kind, None)
        for viewer in self:
            viewer.forget(forgotten)

    def next_message(self, viewer: Viewer) -> str | bytes | None:
        """What to send this viewer next, numbered; None if it has everything."""
        frame = viewer.take_waiting() or self._take_graph(viewer)
        if frame is None:
            newest = viewer.take_newest(lambda: self._outgoing.admits(viewer, (self, viewer.role)))
            frame = self._pick(newest, viewer.watched) if isinstance(newest, Cards) else newest
            if not viewer.has_pictures:
                # Else it would keep its turn, and those behind it from theirs.
                self._outgoing.leave(viewer)
        return None if frame is None else self.number(frame)

    def sending(self, viewer: Viewer, message: str | bytes) -> AbstractContextManager[None]:
        """This message is under way to the viewer until the block ends."""
        return self._outgoing.sending(viewer, (self, viewer.role), len(message))

    def number(self, frame: Frame) -> str | bytes:
        """A message, about to be sent, with the session's next sequence number."""
        self._seq += 1
        message = frame.numbered(self._seq)
        self.tally.frames_sent += 1
        self.tally.bytes_sent += len(message)
        return message

    def _take_graph(self, viewer: Viewer) -> Frame | None:
        """The next graph points, or else full tests, that this viewer has not got."""
        if (points := self.history.read(self.run_id, viewer.next_point)) is not None:
            viewer.next_point += len(points.examples)
            return encode(points)
        if (tests := self.tests.read(self.run_id, viewer.next_test)) is not None:
            viewer.next_test += len(tests.examples)
            return encode(tests)
        return None

    def _show(self, viewer: Viewer, kind: str, frame: Frame | Cards) -> None:
        if viewer.watched or not isinstance(frame, Cards):
            self.tally.frames_dropped += viewer.show(kind, frame)

    def _pick(self, cards: Cards, layers: frozenset[int]) -> Frame:
        """The cards of these layers; most viewers have the same on screen as the one before."""
        picked = self._picked
        if picked is None or picked.cards is not cards or picked.layers != layers:
            picked = self._picked = _Picked(cards, layers, cards.select(layers))
        return picked.frame

    def _count_soon(self, viewer: Viewer) -> None:
        if viewer.role is Role.SPECTATOR and self._counting is None:
            loop = asyncio.get_running_loop()
            self._counting = loop.call_later(COUNT_SECONDS, self._show_count)

    def _show_count(self) -> None:
        self._counting = None
        self.show(Spectators.type, encode(Spectators(self.count(Role.SPECTATOR))))

    def _sum_up(self) -> bool:
        watched = frozenset().union(*(viewer.watched for viewer in self._viewers))
        changed, self.watched = watched != self.watched, watched
        return changed
