"""A keeper that writes sessions to disk: a thread that writes, and tries again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import ParamSpec, TypeVar

from server.counters import Tally
from server.protocol.refusals import Unreadable
from server.protocol.run_values import Checkpoint, Weights
from server.service_threads import Health, start_thread
from server.storage.database import Storage
from server.storage.decode_rows import BadRow
from server.storage.disk_budget import OverBudget
from server.storage.keeper import Done
from server.storage.records import GraphTail, KeptRun, Remains, SessionRecord

log = logging.getLogger(__name__)

TROUBLE = "Nothing newer can be saved just now ({}). Training continues, and saving is retried."

RETRY_SECONDS = 5.0
FLUSH_SECONDS = 1.5
READERS = 4
SAVING = "saving"
SERVER = ""
"""Stands in the place of a session for what belongs to none."""

FORESEEN = (OSError, sqlite3.Error, BadRow)
"""What disks and databases do."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Task:
    """Something that is still to be written, and whom to tell.

    Attributes:
        due: when it may be tried again, on the monotonic clock.
        faulty: it failed with an error that nobody foresaw.
    """

    write: Callable[[], None]
    checkpoint: Checkpoint | None = None
    graph: GraphTail | None = None
    weights: Weights | None = None
    tell: Done = lambda trouble: None
    due: float = 0.0
    faulty: bool = False


class DiskKeeper:
    """A `Keeper` that writes to a storage, which it closes in the end.

    Of each thing only the newest waits to be written, however slow the disk is.
    """

    def __init__(self, storage: Storage, health: Health | None = None) -> None:
        """Begin to write; `health` is told of errors that nobody foresaw."""
        self._storage = storage
        self._health = health or Health(Tally())
        self._changed = threading.Condition()
        # By session, and what of it; the oldest is written first.
        self._tasks: dict[tuple[str, str], _Task] = {}
        self._remembered: dict[str, SessionRecord] = {}
        # By session, as of its last checkpoint.
        self._warnings: dict[str, str | None] = {}
        self._closing = False
        # Not the event loop's threads, which others need: a slow disk would take them all.
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="keeper-reader")
        self._thread = start_thread(SAVING, self._work, self._health)

    def records(self) -> list[SessionRecord]:
        """See `Keeper`.

        Raises:
            StorageError: the database cannot be read.
        """
        return self._storage.records()

    def remember(self, record: SessionRecord) -> None:
        """See `Keeper`."""
        if self._remembered.get(record.id) != record:
            self._remembered[record.id] = record
            self._add(record.id, "record", _Task(lambda: self._storage.write(record)))

    def keep(self, session: str, checkpoint: Checkpoint, graph: GraphTail, done: Done) -> None:
        """See `Keeper`."""
        loop = asyncio.get_running_loop()

        def write() -> None:
            self._storage.write_checkpoint(session, checkpoint, graph)
            self._warnings[session] = self._storage.warning(session)

        def tell(trouble: str | None) -> None:
            # A closed event loop means that there is nobody left to tell.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(done, trouble)

        task = _Task(write, checkpoint, graph, tell=tell)
        self._add(session, _checkpoint_of(checkpoint.run_id), task)

    def keep_beginning(self, session: str, run_id: int, weights: Weights) -> None:
        """See `Keeper`."""
        write = partial(self._storage.write_beginning, session, run_id, weights)
        self._add(session, _beginning_of(run_id), _Task(write, weights=weights))

    def warning(self, session: str) -> str | None:
        """See `Keeper`."""
        return self._warnings.get(session)

    async def sizes(self, owner: str) -> dict[str, int]:
        """See `Keeper`."""
        return await self._read(self._storage.sizes, owner)

    async def newest_checkpoint(self, session: str, run_id: int | None = None) -> Checkpoint | None:
        """See `Keeper`."""
        waiting = self._waiting(session)
        if run_id is not None:
            waiting = [checkpoint for checkpoint in waiting if checkpoint.run_id == run_id]
        if waiting:
            return max(waiting, key=lambda checkpoint: checkpoint.run_id)
        return await self._read(self._storage.newest_checkpoint, session, run_id)

    async def remains(self, session: str, run_id: int) -> Remains:
        """See `Keeper`."""
        with self._changed:
            waiting = self._tasks.get((session, _checkpoint_of(run_id)))
        remains = await self._read(self._storage.remains, session, run_id)
        # What waits to be written is newer than what was.
        tail = None if waiting is None else waiting.graph
        return remains if tail is None else remains.with_tail(tail)

    async def kept_run(self, session: str, run_id: int) -> KeptRun:
        """See `Keeper`."""
        with self._changed:
            end = self._tasks.get((session, _checkpoint_of(run_id)))
            beginning = self._tasks.get((session, _beginning_of(run_id)))
        run = await self._read(self._storage.kept_run, session, run_id)
        # What waits to be written is newer than what was.
        if end is not None and end.graph is not None:
            run = KeptRun(end.checkpoint, run.remains.with_tail(end.graph))
        if beginning is not None:
            run = replace(run, remains=replace(run.remains, weights=beginning.weights))
        return run

    def forget(self, session: str) -> None:
        """See `Keeper`."""
        self._remembered.pop(session, None)
        with self._changed:
            for key in [key for key in self._tasks if key[0] == session]:
                del self._tasks[key]
        self._add(session, "removal", _Task(lambda: self._storage.remove(session)))

    def uptime(self) -> float:
        """See `Keeper`.

        Raises:
            StorageError: the database cannot be read.
        """
        return self._storage.uptime()

    def keep_uptime(self, seconds: float) -> None:
        """See `Keeper`."""
        self._add(SERVER, "uptime", _Task(partial(self._storage.write_uptime, seconds)))

    async def close(self) -> None:
        """See `Keeper`."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._readers.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._thread.join, FLUSH_SECONDS)
        if not self._thread.is_alive():
            self._storage.close()

    def _add(self, session: str, what: str, task: _Task) -> None:
        with self._changed:
            self._tasks[session, what] = task
            self._changed.notify()

    def _waiting(self, session: str) -> list[Checkpoint]:
        """The session's checkpoints that are still to be written."""
        with self._changed:
            return [
                task.checkpoint
                for (owner, _), task in self._tasks.items()
                if owner == session and task.checkpoint is not None
            ]

    async def _read(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._readers, partial(read, *args, **kwargs))
        except Exception as error:
            # Whatever it is: what cannot be read must not be taken for what is not there.
            reason = _reason(error)
            unforeseen = None if isinstance(error, FORESEEN) else error
            about = {"reason": reason}
            log.error("what was saved cannot be read", extra=about, exc_info=unforeseen)
            raise Unreadable(f"What was saved cannot be read ({reason}).") from error

    def _work(self) -> None:
        """What the thread does: write until closed, and try again later what fails."""
        closing = False
        while not closing:
            closing, due = self._await_due()
            for key, task in due.items():
                self._write(key, task)

    def _await_due(self) -> tuple[bool, dict[tuple[str, str], _Task]]:
        """Wait for something to write; in the end that is all there is, once more."""
        with self._changed:
            while not self._closing:
                now = time.monotonic()
                due = {key: task for key, task in self._tasks.items() if task.due <= now}
                if due:
                    return False, due
                later = [task.due - now for task in self._tasks.values()]
                self._changed.wait(min(later, default=None))
            return True, dict(self._tasks)

    def _write(self, key: tuple[str, str], task: _Task) -> None:
        """Write one thing, and say what came of it; what fails waits, and nothing else does."""
        trouble, again = None, False
        try:
            task.write()
        except OverBudget as refusal:
            # Not kept in memory until there is room: memory would only run out instead.
            trouble = str(refusal)
        except Exception as error:
            reason, again = _reason(error), True
            trouble = TROUBLE.format(reason)
            log.error("%s of a session cannot be written: %s", key[1], reason)
            if not task.faulty and not isinstance(error, FORESEEN):
                task.faulty = True
                self._health.fault(SAVING, error)
        with self._changed:
            if again:
                task.due = time.monotonic() + RETRY_SECONDS
            elif self._tasks.get(key) is task:
                del self._tasks[key]
            if not any(each.faulty for each in self._tasks.values()):
                self._health.mended(SAVING)
        task.tell(trouble)


def _checkpoint_of(run_id: int) -> str:
    """The name of the task that writes a checkpoint of this run."""
    return f"checkpoint {run_id}"


def _beginning_of(run_id: int) -> str:
    """The name of the task that writes what this run began with."""
    return f"beginning {run_id}"


def _reason(error: Exception) -> str:
    """Why something could not be read or written, in a few words."""
    if not isinstance(error, FORESEEN):
        return f"an error in the program: {type(error).__name__}"
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or str(error)
