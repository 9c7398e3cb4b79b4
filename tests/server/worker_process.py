"""A real training process, and what it says, for tests that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from engine.language import DEFAULT_TEXT, parse
from server.protocol.encode_events import Cards, decode_event
from server.protocol.orders import Order, StartRun, TakeCheckpoint, UseData
from server.protocol.reports import CheckpointReport, Done, FrameReport, Pong, Report
from server.protocol.run_values import Checkpoint, DataReference
from server.trainers.host import Ending
from server.trainers.local_process import LocalProcess
from server.training_process.main import WorkerConfig

PATIENCE = 60.0
MEMORY = 4 << 30
DEFAULT = parse(DEFAULT_TEXT)
Kind = TypeVar("Kind")


class Process:
    """A `LocalProcess` with everything that it reported."""

    def __init__(self, config: WorkerConfig) -> None:
        self.places: dict[DataReference, Path | None] = {}
        self.handle = LocalProcess(config, self.places.__getitem__)
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._reports: asyncio.Queue[Report | Pong] = asyncio.Queue()

    def start(self) -> None:
        self.handle.start(self._reports.put_nowait, self.ended.set_result)

    def send(self, *orders: Order) -> None:
        for order in orders:
            self.handle.send(order)

    def use_data(self, name: str, folder: Path | None) -> None:
        """Order it to use the data set in this folder."""
        data = DataReference(name, f"digest of {name}")
        self.places[data] = folder
        self.send(UseData(data))

    def begin(self, text: str = DEFAULT_TEXT, **keys: Any) -> None:
        """Order a run, with number 1 unless told other."""
        plain = StartRun(run_id=1, spec=parse(text), seed=1, paused=False)
        self.send(replace(plain, **keys))

    async def report(
        self, kind: type[Kind], fits: Callable[[Kind], bool] = lambda report: True
    ) -> Kind:
        """The next report of this kind that fits; others are passed over."""
        return (await self.until(kind, fits))[1]

    async def until(
        self, kind: type[Kind], fits: Callable[[Kind], bool] = lambda report: True
    ) -> tuple[list[Report | Pong], Kind]:
        """The next report of this kind that fits, behind all others that come before it."""
        before: list[Report | Pong] = []
        async with asyncio.timeout(PATIENCE):
            while True:
                report = await self._reports.get()
                if isinstance(report, kind) and fits(report):
                    return before, report
                before.append(report)

    async def checkpoint(self) -> Checkpoint:
        """The checkpoint that is taken when it is asked for."""
        self.send(TakeCheckpoint(token=1))
        before, _ = await self.until(Done)
        return [each for each in before if isinstance(each, CheckpointReport)][-1].checkpoint

    async def frame(
        self, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda header: True
    ) -> dict[str, Any]:
        """The header of the next message for the page of this kind that fits."""
        report = await self.report(
            FrameReport, lambda report: report.kind == kind and fits(header_of(report))
        )
        return header_of(report)

    async def end(self) -> str:
        """Why it ended, once it has."""
        async with asyncio.timeout(PATIENCE):
            return (await self.ended).sentence


def header_of(report: FrameReport) -> dict[str, Any]:
    frame = report.frame
    if isinstance(frame, Cards):
        frame = frame.select({index for index, _ in frame.cards})
    return decode_event(frame.numbered(1))[0]


@asynccontextmanager
async def training_process(
    memory: int = MEMORY,
    processes: int = 1,
    checkpoint_seconds: float = 10.0,
) -> AsyncIterator[Process]:
    """Start one, and end it with the block."""
    process = Process(WorkerConfig(memory, processes, checkpoint_seconds))
    process.start()
    try:
        yield process
    finally:
        await process.handle.stop()
