"""A real training process, and what it says, for tests that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from engine.language import DEFAULT_TEXT, parse
from server.protocol.encode_events import Cards, decode_event
from server.protocol.orders import Order, StartRun
from server.protocol.reports import FrameReport, Report
from server.trainers.local_process import LocalProcess
from server.training_process.main import WorkerConfig

PATIENCE = 60.0
MEMORY = 4 << 30
DEFAULT = parse(DEFAULT_TEXT)
Kind = TypeVar("Kind")


class Process:
    """A `LocalProcess` with everything that it reported."""

    def __init__(self, config: WorkerConfig) -> None:
        self.handle = LocalProcess(config)
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reports: asyncio.Queue[Report] = asyncio.Queue()

    def start(self) -> None:
        self.handle.start(self._reports.put_nowait, self.ended.set_result)

    def send(self, *orders: Order) -> None:
        for order in orders:
            self.handle.send(order)

    def begin(self, text: str = DEFAULT_TEXT, **keys: Any) -> None:
        """Order a run, with number 1 unless told other."""
        self.send(StartRun(**{"run_id": 1, "spec": parse(text), "seed": 1, "paused": False} | keys))

    async def report(
        self, kind: type[Kind], fits: Callable[[Kind], bool] = lambda report: True
    ) -> Kind:
        """The next report of this kind that fits; others are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                report = await self._reports.get()
                if isinstance(report, kind) and fits(report):
                    return report

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
            return await self.ended


def header_of(report: FrameReport) -> dict[str, Any]:
    frame = report.frame
    if isinstance(frame, Cards):
        frame = frame.select({index for index, _ in frame.cards})
    return decode_event(frame.numbered(1))[0]


@asynccontextmanager
async def training_process(
    data: str | None = None,
    memory: int = MEMORY,
    processes: int = 1,
    checkpoint_seconds: float = 10.0,
) -> AsyncIterator[Process]:
    """Start one, and end it with the block."""
    process = Process(WorkerConfig(data, memory, processes, checkpoint_seconds))
    process.start()
    try:
        yield process
    finally:
        await process.handle.stop()
