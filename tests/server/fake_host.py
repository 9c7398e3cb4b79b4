"""A trainer that does nothing but write down its orders, and reports what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from engine.data import Dataset, load_builtin
from server.audience.viewer import Viewer
from server.protocol.encode_events import Frame, decode_event
from server.protocol.events import DatasetEvent
from server.protocol.kinds import DatasetState
from server.protocol.orders import Order, StartRun, TakeCheckpoint
from server.protocol.reports import Checkpoint, FrameReport, PointsReport, Report, Started
from server.protocol.run_values import PointRow, Progress
from server.sessions.session import Session
from server.sessions.surroundings import Surroundings
from server.settings import Limits, Settings
from server.storage.keeper import Keeper, MemoryKeeper
from server.trainers.host import HostBusy
from server.trainers.waiting_line import Line

BUILTIN = load_builtin()
Kind = TypeVar("Kind")


class FakeHost:
    def __init__(self, directory: str | None) -> None:
        self.directory = directory
        self.orders: list[Order] = []
        self.stopped = 0
        self.busy = self.silent = False
        self.state = b"state"
        self.made = 0

    def start(self, deliver: Callable[[Report], None], ended: Callable[[str], None]) -> None:
        self.report, self.end = deliver, ended

    def send(self, order: Order) -> None:
        if self.busy:
            raise HostBusy("busy")
        self.orders.append(order)
        if isinstance(order, TakeCheckpoint) and not self.silent:
            asyncio.get_running_loop().call_soon(self.checkpoint, 1000, self.made, order.token)

    async def stop(self) -> None:
        self.stopped += 1

    def last(self, kind: type[Kind]) -> Kind:
        """The newest order of this kind."""
        return next(order for order in reversed(self.orders) if isinstance(order, kind))

    async def ordered(self, kind: type[Kind]) -> Kind:
        """The newest order of this kind, once it is there."""
        while not any(isinstance(order, kind) for order in self.orders):
            await asyncio.sleep(0)
        return self.last(kind)

    def begin(self) -> int:
        """Report that the run that was ordered last has begun."""
        run_id = self.last(StartRun).run_id
        self.report(Started(run_id))
        return run_id

    def checkpoint(self, examples: int, points: int = 0, token: int | None = None) -> None:
        """Report the state of the run that was ordered last."""
        run_id = self.last(StartRun).run_id
        self.report(Checkpoint(run_id, examples, points, self.state, token))

    def frame(self, run_id: int, kind: str = "stats", examples: int = 0) -> None:
        frame = Frame(f'{{"type":"{kind}","examples":{examples}}}')
        progress = Progress(examples, 0.0) if kind == "stats" else None
        self.report(FrameReport(kind, run_id, frame, progress))

    def points(self, run_id: int, count: int) -> None:
        row: PointRow = (200, 0.5, 0.1, None, None)
        self.report(PointsReport(run_id, self.made, (row,) * count))
        self.made += count


class Stage:
    """The surroundings of sessions, with fakes in place of processes."""

    def __init__(self, places: int = 1, keeper: Keeper | None = None, **settings: Any) -> None:
        self.hosts: list[FakeHost] = []
        self.dataset: Dataset = BUILTIN
        limits = Limits(reply_seconds=5)
        self.shared = Surroundings(
            Settings(limits=limits, **settings),
            self._new_host,
            Line(places),
            keeper or MemoryKeeper(),
            lambda: self.dataset,
            lambda: DatasetEvent(DatasetState.BUILTIN, self.dataset.name),
        )

    def _new_host(self, directory: str | None) -> FakeHost:
        self.hosts.append(FakeHost(directory))
        return self.hosts[-1]

    @property
    def host(self) -> FakeHost:
        return self.hosts[-1]

    def session(self, name: str = "s") -> Session:
        return Session(name, "owner", self.shared)

    def running(self) -> tuple[Session, Viewer]:
        """A session that trains, with one viewer who has read everything."""
        session, viewer = self.session(), Viewer()
        session.join(viewer)
        self.host.begin()
        read(session, viewer)
        return session, viewer

    def change_dataset(self, name: str) -> None:
        self.dataset = replace(BUILTIN, name=name)


def read(session: Session, viewer: Viewer) -> list[dict[str, Any]]:
    """All messages that wait for this viewer."""
    messages = []
    while (message := session.audience.next_message(viewer)) is not None:
        messages.append(decode_event(message)[0])
    return messages


def statuses(session: Session, viewer: Viewer) -> list[str]:
    """What the waiting session messages say."""
    return [each["status"] for each in read(session, viewer) if each["type"] == "session"]
