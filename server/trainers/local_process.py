"""The parent's handle on one training process: start, send, read, stop, and say why it ended."""

from __future__ import annotations

import asyncio
import atexit
import logging
import multiprocessing
import os
import queue
import signal
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TypeVar

from server.protocol.orders import Finish, Order
from server.protocol.reports import Ping, Report
from server.trainers.host import HostBusy
from server.training_process.main import OUT_OF_MEMORY, WorkerConfig, run_worker

log = logging.getLogger(__name__)

STALLED = "The training process stopped answering."
MAX_WAITING_ORDERS = 1000
PING_SECONDS = 3.0
MOST_SILENT_PINGS = 3
"""A process that has answered none of so many is stalled: stopped by a signal, say."""
START_PINGS = 20
"""So long it may take to start, on a machine that has much else to do."""
ORDERLY_SECONDS = 2.0
TERMINATE_SECONDS = 1.0

T = TypeVar("T")

_SPAWN = multiprocessing.get_context("spawn")
_started: weakref.WeakSet[SpawnProcess] = weakref.WeakSet()


def _kill_leftovers() -> None:
    """At the program's end Python waits for its processes: none may be there to wait for."""
    for process in _started:
        if process.is_alive():
            process.kill()


atexit.register(_kill_leftovers)


class LocalProcess:
    """A `TrainerHost` on this machine.

    One thread reads reports as they come, so that the process never waits for the event loop;
    another writes orders, so that the event loop never waits for the process.
    """

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self._orders: queue.Queue[Order | Ping | None] = queue.Queue()
        self._process: SpawnProcess | None = None
        self._gone = threading.Event()
        self._stopped = self._stalled = False
        # Negative until it has loaded.
        self._silent_pings = MOST_SILENT_PINGS - START_PINGS

    @property
    def pid(self) -> int | None:
        """The process's id, once it is started."""
        return self._process.pid if self._process else None

    def start(self, deliver: Callable[[Report], None], ended: Callable[[str], None]) -> None:
        """Start the process; see `TrainerHost`."""
        self._deliver, self._ended = deliver, ended
        self._loop = asyncio.get_running_loop()
        try:
            pipe = self._launch()
        except OSError as error:
            # The system allows no more processes or files: an end like others, told as they are.
            reason = f"The training process could not be started: {error.strerror}."
            log.error("worker not started", extra={"reason": reason})
            self._gone.set()
            self._loop.call_soon(self._end_unless_stopped, reason)
            return
        log.info("worker started", extra={"pid": self.pid})
        for work in (self._read, self._write):
            threading.Thread(target=work, args=(pipe,), daemon=True).start()
        self._loop.call_later(PING_SECONDS, self._ping)

    def _launch(self) -> Connection:
        ours, theirs = _SPAWN.Pipe()
        # No daemon: those may have no helpers of their own.
        process = _SPAWN.Process(
            target=run_worker, args=(theirs, self._config, os.getpid()), name="convnet-live-worker"
        )
        # Only the process itself may hold its end: the pipe then ends when the process does.
        with theirs:
            process.start()
        _started.add(process)
        self._process = process
        return ours

    def send(self, order: Order) -> None:
        """Queue an order; see `TrainerHost`."""
        if self._orders.qsize() >= MAX_WAITING_ORDERS:
            raise HostBusy("the training process does not take any orders")
        self._orders.put(order)

    async def stop(self) -> None:
        """Ask it to finish, then terminate, then kill; see `TrainerHost`."""
        self._stopped = True
        process = self._process
        if process is None:
            return
        self._orders.put(Finish())
        for seconds, harder in (
            (ORDERLY_SECONDS, process.terminate),
            (TERMINATE_SECONDS, process.kill),
        ):
            if await asyncio.to_thread(self._gone.wait, seconds):
                return
            harder()
        await asyncio.to_thread(self._gone.wait)

    def _ping(self) -> None:
        # Counted, not timed: after a pause of the whole machine nobody is taken for stalled.
        if self._gone.is_set() or self._stopped:
            return
        if self._silent_pings >= MOST_SILENT_PINGS:
            assert self._process is not None
            self._stalled = True
            self._process.kill()
            return
        self._silent_pings += 1
        self._orders.put(Ping())
        self._loop.call_later(PING_SECONDS, self._ping)

    def _read(self, pipe: Connection) -> None:
        try:
            while True:
                report = pipe.recv()
                self._silent_pings = 0
                if not isinstance(report, Ping):
                    self._post(self._deliver_unless_stopped, report)
        except (EOFError, OSError):
            pass
        self._orders.put(None)
        assert self._process is not None
        # Only this thread waits for the process: two would take its exit code from each other.
        self._process.join(ORDERLY_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        reason = STALLED if self._stalled else describe_exit(self._process.exitcode)
        log.log(
            logging.INFO if self._stopped else logging.ERROR,
            "worker ended",
            extra={"pid": self.pid, "reason": reason, "asked": self._stopped},
        )
        self._gone.set()
        self._post(self._end_unless_stopped, reason)

    def _write(self, pipe: Connection) -> None:
        # The end of the process breaks the pipe, and the reader says so.
        try:
            while (order := self._orders.get()) is not None:
                pipe.send(order)
        except OSError:
            pass

    def _post(self, call: Callable[[T], None], argument: T) -> None:
        # A closed event loop means that there is nobody left to tell.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, argument)

    def _deliver_unless_stopped(self, report: Report) -> None:
        if not self._stopped:
            self._deliver(report)

    def _end_unless_stopped(self, reason: str) -> None:
        if not self._stopped:
            self._ended(reason)


def describe_exit(code: int | None) -> str:
    """What an exit code means, as a sentence for people."""
    if code is None or code == 0:
        return "The training process ended."
    if code == OUT_OF_MEMORY:
        return "The training process ran out of memory."
    if code > 0:
        return f"The training process ended with an error (exit code {code})."
    if code == -signal.SIGKILL:
        return "The training process was killed, perhaps for want of memory."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"The training process was ended by {name}."
