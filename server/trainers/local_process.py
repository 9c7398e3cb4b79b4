"""A trainer that is a process on this machine: start, send, read, stop, and say why it ended."""

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
from pathlib import Path
from typing import TypeVar

from server.protocol.orders import Finish, Order, Ping, UseData
from server.protocol.reports import Pong, Report
from server.protocol.run_values import DataReference
from server.trainers.host import EndCause, Ending
from server.training_process.data_places import DataPlace
from server.training_process.main import OUT_OF_MEMORY, WorkerConfig, run_worker

log = logging.getLogger(__name__)

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

    def __init__(
        self, config: WorkerConfig, folder_of: Callable[[DataReference], Path | None]
    ) -> None:
        """A process that is not started yet; `folder_of` knows where data lies on this machine,
        None for the built-in digits.
        """
        self._config = config
        self._folder_of = folder_of
        self._outbox: queue.SimpleQueue[Order | Ping | DataPlace | None] = queue.SimpleQueue()
        self._process: SpawnProcess | None = None
        self._gone = threading.Event()
        self._stopped = False
        self._failure: Ending | None = None

    @property
    def pid(self) -> int | None:
        """The process's id, once it is started."""
        return self._process.pid if self._process else None

    def start(
        self, deliver: Callable[[Report | Pong], None], ended: Callable[[Ending], None]
    ) -> None:
        """Start the process; see `TrainerHost`."""
        self._deliver, self._ended = deliver, ended
        self._loop = asyncio.get_running_loop()
        try:
            pipe = self._launch()
        except OSError as error:
            # The system allows no more processes or files: an end like others, told as they are.
            ending = Ending(EndCause.NOT_STARTED, error.strerror or str(error))
            log.error("worker not started", extra={"reason": ending.sentence})
            self._gone.set()
            self._loop.call_soon(self._end_unless_stopped, ending)
            return
        log.info("worker started", extra={"pid": self.pid})
        for work in (self._read, self._write):
            threading.Thread(target=work, args=(pipe,), daemon=True).start()

    def _launch(self) -> Connection:
        ours, theirs = _SPAWN.Pipe()
        # Not daemonic: daemonic processes may not start children, such as the helpers.
        process = _SPAWN.Process(
            target=run_worker, args=(theirs, self._config, os.getpid()), name="convnet-live-worker"
        )
        # Only the process itself may hold its end: the pipe then ends when the process does.
        with theirs:
            process.start()
        _started.add(process)
        self._process = process
        return ours

    def send(self, order: Order | Ping) -> None:
        """Queue an order; see `TrainerHost`."""
        if isinstance(order, UseData):
            self._outbox.put(DataPlace(order.data, self._folder_of(order.data)))
        self._outbox.put(order)

    async def stop(self, *, at_once: bool = False) -> None:
        """Ask it to finish, then terminate, then kill; see `TrainerHost`."""
        self._stopped = True
        process = self._process
        if process is None:
            return
        if at_once:
            process.kill()
        self._outbox.put(Finish())
        for seconds, harder in (
            (ORDERLY_SECONDS, process.terminate),
            (TERMINATE_SECONDS, process.kill),
        ):
            if await asyncio.to_thread(self._gone.wait, seconds):
                return
            harder()
        await asyncio.to_thread(self._gone.wait)

    def _read(self, pipe: Connection) -> None:
        assert self._process is not None
        try:
            while True:
                self._post(self._deliver_unless_stopped, pipe.recv())
        except (EOFError, OSError):
            pass
        except Exception as error:
            # Of a report that was read by half, neither it nor what follows can be read any more.
            self._give_up(error)
        self._outbox.put(None)
        # Only this thread waits for the process: two would take its exit code from each other.
        self._process.join(ORDERLY_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        ending = self._failure or ending_of(self._process.exitcode)
        log.log(
            logging.INFO if self._stopped else logging.ERROR,
            "worker ended",
            extra={"pid": self.pid, "reason": ending.sentence, "asked": self._stopped},
        )
        self._gone.set()
        self._post(self._end_unless_stopped, ending)

    def _write(self, pipe: Connection) -> None:
        try:
            while (message := self._outbox.get()) is not None:
                pipe.send(message)
        except (BrokenPipeError, ConnectionResetError):
            # The process has ended, and the reader says so.
            pass
        except Exception as error:
            # An order is lost, and a process that does not do all it is told is of no use.
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """The pipe is of no use any more: end the process, and the reader says why."""
        assert self._process is not None
        self._failure = Ending(EndCause.GARBLED, type(error).__name__)
        self._process.kill()
        log.error("worker's pipe failed", extra={"pid": self.pid}, exc_info=error)

    def _post(self, call: Callable[[T], None], argument: T) -> None:
        # A closed event loop means that there is nobody left to tell.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, argument)

    def _deliver_unless_stopped(self, report: Report | Pong) -> None:
        if not self._stopped:
            self._deliver(report)

    def _end_unless_stopped(self, ending: Ending) -> None:
        if not self._stopped:
            self._ended(ending)


def ending_of(code: int | None) -> Ending:
    """What an exit code says about the end of a process."""
    match code:
        case None | 0:
            return Ending(EndCause.FINISHED)
        case _ if code == OUT_OF_MEMORY:
            return Ending(EndCause.OUT_OF_MEMORY)
        case _ if code > 0:
            return Ending(EndCause.FAILED, f"exit code {code}")
        case _ if code == -signal.SIGKILL:
            return Ending(EndCause.KILLED)
    try:
        return Ending(EndCause.SIGNALED, signal.Signals(-code).name)
    except ValueError:
        return Ending(EndCause.SIGNALED, f"signal {-code}")
