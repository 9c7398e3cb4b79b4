"""A trainer that does nothing but write down its orders, and reports what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from engine.data import Dataset, load_builtin
from server.audience.outgoing_budget import OutgoingBudget
from server.audience.viewer import Viewer
from server.protocol.encode_events import Frame, decode_event
from server.protocol.events import DatasetEvent
from server.protocol.kinds import DatasetState
from server.protocol.orders import Order, Ping, StartRun, TakeCheckpoint, Withdraw
from server.protocol.reports import (
    CheckpointReport,
    Done,
    FrameReport,
    PointsReport,
    Pong,
    Refused,
    Report,
    Started,
    TestsReport,
)
from server.protocol.run_values import Checkpoint, FullTest, PointRow, Progress
from server.sessions.session import Session
from server.sessions.surroundings import Surroundings
from server.settings import Limits, Settings
from server.storage.keeper import Keeper, MemoryKeeper
from server.trainers.host import EndCause, Ending
from server.trainers.waiting_line import Line
from server.uptime import Uptime

BUILTIN = load_builtin()
Kind = TypeVar("Kind")


class HandClock:
    """Stands until it is set forward."""

    def __init__(self) -> None:
        self.seconds = 1e6

    def __call__(self) -> float:
        return self.seconds


class FakeHost:
    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.stopped = 0
        self.pings = self.signs = 0
        self.withdrawn: list[int] = []
        self.answers_pings = True
        self.silent = self.stuck = self.refuses = False
        self.state = b"state"
        self.made = self.tests_made = 0

    def start(
        self, deliver: Callable[[Report | Pong], None], ended: Callable[[Ending], None]
    ) -> None:
        self.report, self._ended = deliver, ended

    def send(self, order: Order | Ping | Withdraw) -> None:
        if isinstance(order, Ping):
            self.pings += 1
            self.signs += not self.stuck
            if self.answers_pings:
                asyncio.get_running_loop().call_soon(
                    self.report, Pong(order.orders, self.signs, self.stuck)
                )
            return
        if isinstance(order, Withdraw):
            self.withdrawn.append(order.token)
            return
        self.orders.append(order)
        if isinstance(order, TakeCheckpoint) and self.refuses:
            refusal = Refused(order.token, "There is no network yet.")
            asyncio.get_running_loop().call_soon(self.report, refusal)
        elif isinstance(order, TakeCheckpoint) and not self.silent:
            asyncio.get_running_loop().call_soon(self.checkpoint, 1000, self.made, order.token)

    async def stop(self, *, at_once: bool = False) -> None:
        self.stopped += 1

    def end(self) -> None:
        """End as a process does that was killed."""
        self._ended(Ending(EndCause.KILLED))

    def last(self, kind: type[Kind]) -> Kind:
        """The newest order of this kind."""
        return next(order for order in reversed(self.orders) if isinstance(order, kind))

    async def ordered(self, kind: type[Kind]) -> Kind:
        """The newest order of this kind, once it is there."""
        async with asyncio.timeout(30):
            while not any(isinstance(order, kind) for order in self.orders):
                await asyncio.sleep(0)
        return self.last(kind)

    def begin(self) -> int:
        """Report that the run that was ordered last has begun."""
        run_id = self.last(StartRun).run_id
        self.report(Started(run_id))
        return run_id

    def checkpoint(self, examples: int, points: int = 0, token: int | None = None) -> None:
        """Report the state of the run that was ordered last, and that it was asked for."""
        run_id = self.last(StartRun).run_id
        checkpoint = Checkpoint(run_id, examples, points, self.tests_made, self.state)
        self.report(CheckpointReport(checkpoint))
        if token is not None:
            self.report(Done(token))

    def frame(self, run_id: int, kind: str = "stats", examples: int = 0) -> None:
        frame = Frame(f'{{"type":"{kind}","examples":{examples}}}')
        progress = Progress(examples, 0.0) if kind == "stats" else None
        self.report(FrameReport(kind, run_id, frame, progress))

    def points(self, run_id: int, count: int) -> None:
        row: PointRow = (200, 0.5, 0.1, None, None)
        self.report(PointsReport(run_id, self.made, (row,) * count))
        self.made += count

    def tests(self, run_id: int, *examples: int) -> None:
        """Report a full test after each of so many examples."""
        tests = tuple(full_test(count) for count in examples)
        self.report(TestsReport(run_id, self.tests_made, tests))
        self.tests_made += len(tests)


def full_test(examples: int, classes: int = 2) -> FullTest:
    """One of ten images, of which all but the first are recognized."""
    counts = [0] * classes * classes
    counts[0], counts[1] = 9, 1
    return FullTest.of(examples, 0.9, 10, counts)


class Stage:
    """The surroundings of sessions, with fakes in place of processes."""

    def __init__(
        self,
        places: int = 1,
        keeper: Keeper | None = None,
        reply_seconds: float = 5,
        uptime: Uptime | None = None,
        relaunch_seconds: float = 0,
        **settings: Any,
    ) -> None:
        self.hosts: list[FakeHost] = []
        self.dataset: Dataset = BUILTIN
        default = Limits(reply_seconds=reply_seconds, relaunch_seconds=relaunch_seconds)
        limits = settings.pop("limits", default)
        self.shared = Surroundings(
            Settings(limits=limits, **settings),
            self._new_host,
            Line(places),
            keeper or MemoryKeeper(),
            lambda: self.dataset,
            lambda: DatasetEvent(DatasetState.BUILTIN, self.dataset.name),
            OutgoingBudget(limits.outgoing_bytes),
            uptime=uptime or Uptime(),
        )

    def _new_host(self) -> FakeHost:
        self.hosts.append(FakeHost())
        return self.hosts[-1]

    @property
    def host(self) -> FakeHost:
        return self.hosts[-1]

    def session(self, name: str = "s") -> Session:
        return Session.new(name, "owner", self.shared)

    async def running(self) -> tuple[Session, Viewer]:
        """A session that trains, with one viewer who has read everything."""
        session, viewer = self.session(), Viewer()
        await join(session, viewer)
        self.host.begin()
        read(session, viewer)
        return session, viewer

    def change_dataset(self, name: str) -> None:
        self.dataset = replace(BUILTIN, name=name)


async def join(session: Session, viewer: Viewer) -> None:
    """Let somebody look, as the websocket's endpoint does, until a trainer is started."""
    await session.wake()
    session.join(viewer)
    await launched(session)


async def launched(session: Session) -> None:
    """Wait until no trainer is about to be started."""
    async with asyncio.timeout(30):
        while session._trainer._launching is not None:
            await asyncio.sleep(0)


def read(session: Session, viewer: Viewer) -> list[dict[str, Any]]:
    """All messages that wait for this viewer."""
    messages = []
    while (message := session.audience.next_message(viewer)) is not None:
        messages.append(decode_event(message)[0])
    return messages


def statuses(session: Session, viewer: Viewer) -> list[str]:
    """What the waiting session messages say."""
    return [each["status"] for each in read(session, viewer) if each["type"] == "session"]
