"""A keeper that writes sessions to disk: a thread that writes, and tries again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import ParamSpec, TypeVar

from server.protocol.run_values import Checkpoint, Weights
from server.storage.database import Storage
from server.storage.disk_budget import OverBudget
from server.storage.keeper import Done, Unreadable
from server.storage.records import GraphTail, KeptRun, Remains, SessionRecord

log = logging.getLogger(__name__)

TROUBLE = "Nothing newer can be saved just now ({}). Training continues, and saving is retried."
RETRY_SECONDS = 5.0
FLUSH_SECONDS = 1.5
READERS = 4

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Something that is still to be written, and whom to tell."""

    write: Callable[[], None]
    checkpoint: Checkpoint | None = None
    graph: GraphTail | None = None
    weights: Weights | None = None
    tell: Done = lambda trouble: None


class DiskKeeper:
    """A `Keeper` that writes to a storage, which it closes in the end.

    Of each thing only the newest waits to be written, however slow the disk is.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._changed = threading.Condition()
        # By session, and what of it; the oldest is written first.
        self._tasks: dict[tuple[str, str], _Task] = {}
        self._remembered: dict[str, SessionRecord] = {}
        # By session, as of its last checkpoint.
        self._warnings: dict[str, str | None] = {}
        self._closing = False
        # Not the event loop's threads, which others need: a slow disk would take them all.
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="keeper-reader")
        self._thread = threading.Thread(target=self._work, name="keeper", daemon=True)
        self._thread.start()

    def records(self) -> list[SessionRecord]:
        """See `Keeper`.

        Raises:
            sqlite3.Error: the database cannot be read.
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

        self._add(
            session, f"checkpoint {checkpoint.run_id}", _Task(write, checkpoint, graph, tell=tell)
        )

    def keep_beginning(self, session: str, run_id: int, weights: Weights) -> None:
        """See `Keeper`."""
        write = partial(self._storage.write_beginning, session, run_id, weights)
        self._add(session, f"beginning {run_id}", _Task(write, weights=weights))

    def warning(self, session: str) -> str | None:
        """See `Keeper`."""
        return self._warnings.get(session)

    async def newest_checkpoint(self, session: str) -> Checkpoint | None:
        """See `Keeper`; one that cannot be read is as good as none."""
        with self._changed:
            waiting = [
                task.checkpoint
                for (owner, _), task in self._tasks.items()
                if owner == session and task.checkpoint is not None
            ]
        if waiting:
            return max(waiting, key=lambda checkpoint: checkpoint.run_id)
        try:
            return await self._read(self._storage.newest_checkpoint, session)
        except (OSError, sqlite3.Error) as error:
            log.error("a checkpoint cannot be read: %s", error)
            return None

    async def remains(self, session: str, run_id: int) -> Remains:
        """See `Keeper`; what cannot be read is as good as nothing."""
        try:
            return await self._read(self._storage.remains, session, run_id)
        except sqlite3.Error as error:
            log.error("the graph of a session cannot be read: %s", error)
            return Remains()

    async def kept_run(self, session: str, run_id: int) -> KeptRun:
        """See `Keeper`."""
        with self._changed:
            end = self._tasks.get((session, f"checkpoint {run_id}"))
            beginning = self._tasks.get((session, f"beginning {run_id}"))
        try:
            run = await self._read(self._storage.kept_run, session, run_id)
        except (OSError, sqlite3.Error) as error:
            log.error("a run that was left cannot be read: %s", error)
            raise Unreadable(getattr(error, "strerror", None) or str(error)) from None
        # What waits to be written is newer than what was.
        if end is not None and end.graph is not None:
            run = KeptRun(end.checkpoint, run.remains.with_tail(end.graph))
        if beginning is not None:
            run = replace(run, remains=replace(run.remains, weights=beginning.weights))
        return run

    def forget(self, session: str) -> None:
        """See `Keeper`."""
        self._remembered.pop(session, None)
        self._warnings.pop(session, None)
        with self._changed:
            for key in [key for key in self._tasks if key[0] == session]:
                del self._tasks[key]
        self._add(session, "removal", _Task(lambda: self._storage.remove(session)))

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

    async def _read(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, partial(read, *args, **kwargs))

    def _work(self) -> None:
        """What the thread does: write until closed, and try again later what fails."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._tasks or self._closing)
                tasks = dict(self._tasks)
            failed = sum(not self._write(key, task) for key, task in tasks.items())
            with self._changed:
                if self._closing and (failed or not self._tasks):
                    return
                if failed:
                    self._changed.wait_for(lambda: self._closing, RETRY_SECONDS)

    def _write(self, key: tuple[str, str], task: _Task) -> bool:
        """Write one thing, and say what came of it; what fails goes on waiting, unless for room."""
        try:
            task.write()
        except (OSError, sqlite3.Error) as error:
            trouble = error.strerror if isinstance(error, OSError) else str(error)
            log.error("%s of a session cannot be written: %s", key[1], trouble)
            task.tell(TROUBLE.format(trouble or str(error)))
            return False
        except OverBudget as refusal:
            # Not kept in memory until there is room: that would only move the want elsewhere.
            task.tell(str(refusal))
            self._is_done(key, task)
            return True
        self._is_done(key, task)
        task.tell(None)
        return True

    def _is_done(self, key: tuple[str, str], task: _Task) -> None:
        with self._changed:
            if self._tasks.get(key) is task:
                del self._tasks[key]
