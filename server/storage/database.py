"""Sessions on disk: a SQLite database, and beside it a file for each checkpoint.

All that writes waits for the disk: `keeper` does it, on a thread. A checkpoint's file is whole and
on disk before the database names it, and is removed only after the database names another: whenever
the power fails, what was acknowledged is there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, astuple, fields
from pathlib import Path

from filelock import FileLock, Timeout

from server.protocol.added_pictures import pack
from server.protocol.run_values import Checkpoint, Weights
from server.storage.checkpoint_files import CheckpointFiles
from server.storage.decode_rows import POINT, TEST
from server.storage.disk_budget import DiskBudget, size_of_run, usage
from server.storage.keeper import StorageError
from server.storage.migrations import SchemaError, migrate
from server.storage.private_files import FILE, FOLDER, make_private
from server.storage.records import GraphTail, SessionRecord
from server.storage.session_reader import SessionReader, connect

DATABASE, LOCK = "sessions.sqlite3", "lock"

RUN = ("session", "run_id")
OF_RUNS = ("checkpoint", "point", "full_test", "beginning")
"""The tables that keep something of a run."""
POINT_BYTES = 64
"""What a graph point takes in the database, as measured."""
UNBOUNDED = DiskBudget(2**62, 2**62)


class Storage(SessionReader):
    """One server's sessions in one folder, which it has for itself. `close` ends that.

    It is read on any thread, and written on one.
    """

    def __init__(self, folder: Path, budget: DiskBudget = UNBOUNDED) -> None:
        """Open what is there, or begin; nothing is written beyond the budget.

        Raises:
            StorageError: another server uses the folder, or it cannot be used.
        """
        self._budget = budget
        try:
            folder.mkdir(FOLDER, parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK, mode=FILE)
            self._lock.acquire(timeout=0)
            make_private(folder / LOCK)
        except Timeout:
            raise StorageError(f"another server keeps its sessions in {folder}") from None
        except OSError as error:
            raise StorageError(f"{folder} cannot be used: {error.strerror or error}") from None
        try:
            self._files = CheckpointFiles(folder)
            self._database = _open(folder / DATABASE)
            super().__init__(folder / DATABASE, self._files)
            self._files.set_aside_all_but(
                row["file"] for row in self._database.execute("SELECT file FROM checkpoint")
            )
            self._measure()
        except (sqlite3.Error, SchemaError, OSError) as error:
            self._lock.release()
            raise StorageError(f"the sessions in {folder} cannot be read: {error}") from None

    def close(self) -> None:
        """Let go of the folder. Idempotent."""
        super().close()
        self._database.close()
        self._lock.release()

    def write(self, record: SessionRecord) -> None:
        """Add a session, or change it, and remove what it needs no more.

        Raises:
            OSError, sqlite3.Error: nothing was written, or a file was not removed.
        """
        row = {field.name: getattr(record, field.name) for field in fields(record)}
        row["trainer"] = json.dumps(dict(record.trainer))
        for name in ("divergences", "trainer_changes"):
            row[name] = json.dumps([asdict(each) for each in row[name]])
        row["added"] = pack(record.added)
        row["before"] = record.before and json.dumps(asdict(record.before))
        changes = ", ".join(f"{name} = excluded.{name}" for name in row if name != "id")
        with self._database:
            self._database.execute(
                f"INSERT {_into('session', row)} ON CONFLICT (id) DO UPDATE SET {changes}",
                tuple(row.values()),
            )
            removed = self._remove_runs(record)
        if removed:
            self._remove_unnamed(record.id)

    def _remove_runs(self, record: SessionRecord) -> bool:
        """Remove the rows of runs that the session needs no more; true if there were any."""
        runs = "SELECT run_id FROM checkpoint WHERE session = ?"
        rows = self._database.execute(runs, (record.id,))
        needed = json.dumps(sorted(record.needs([row["run_id"] for row in rows])))
        unneeded = "run_id < ? AND run_id NOT IN (SELECT value FROM json_each(?))"
        values = (record.id, record.run_id, needed)
        deletes = (f"DELETE FROM {table} WHERE session = ? AND {unneeded}" for table in OF_RUNS)
        return sum(self._database.execute(delete, values).rowcount for delete in deletes) > 0

    def write_checkpoint(self, session: str, checkpoint: Checkpoint, graph: GraphTail) -> None:
        """Put a checkpoint in the place of its run's last, with the end of the run's graph.

        Raises:
            OverBudget, OSError, sqlite3.Error: there is no room, say; the last is as it was.
        """
        self._check_room("checkpoint", session, checkpoint.run_id, _size(checkpoint))
        name = self._files.write(session, checkpoint)
        try:
            with self._database:
                self._name_checkpoint(session, checkpoint, name)
                self._write_graph(session, checkpoint.run_id, graph)
        except BaseException:
            self._files.remove(name)
            raise
        self._remove_unnamed(session)

    def _name_checkpoint(self, session: str, checkpoint: Checkpoint, file: str) -> None:
        columns = (*RUN, "examples", "points", "tests", "file", "bytes")
        self._database.execute(
            f"INSERT OR REPLACE {_into('checkpoint', columns)}",
            (
                session,
                checkpoint.run_id,
                checkpoint.examples,
                checkpoint.points,
                checkpoint.tests,
                file,
                _size(checkpoint),
            ),
        )

    def _write_graph(self, session: str, run_id: int, graph: GraphTail) -> None:
        for table, columns, first, rows in (
            ("point", POINT, graph.first_point, graph.points),
            ("full_test", TEST, graph.first_test, map(astuple, graph.tests)),
        ):
            # After a step back to an earlier checkpoint the graph is drawn anew from there.
            self._database.execute(
                f"DELETE FROM {table} WHERE session = ? AND run_id = ? AND number >= ?",
                (session, run_id, first),
            )
            self._database.executemany(
                f"INSERT {_into(table, (*RUN, 'number', *columns))}",
                [(session, run_id, number, *row) for number, row in enumerate(rows, first)],
            )

    def write_beginning(self, session: str, run_id: int, weights: Weights) -> None:
        """Remember what a run began with.

        Raises:
            OverBudget, sqlite3.Error: nothing was written.
        """
        size = len(weights.params) + len(weights.state)
        self._check_room("beginning", session, run_id, size)
        with self._database:
            self._database.execute(
                f"INSERT OR REPLACE {_into('beginning', (*RUN, 'params', 'state'))}",
                (session, run_id, weights.params, weights.state),
            )

    def warning(self, session: str) -> str | None:
        """What to tell the session's owner while there is little room left.

        Raises:
            sqlite3.Error: the database cannot be read.
        """
        return self._budget.warning(usage(self._database, session))

    def _check_room(self, table: str, session: str, run_id: int, size: int) -> None:
        replaced = size_of_run(self._database, table, session, run_id)
        self._budget.check(usage(self._database, session), size - replaced)

    def _measure(self) -> None:
        """Fill in the sizes of checkpoints that earlier versions kept."""
        rows = self._database.execute("SELECT * FROM checkpoint WHERE bytes = 0").fetchall()
        with self._database:
            for row in rows:
                with suppress(OSError):
                    size = self._files.size(row["file"])
                    self._database.execute(
                        "UPDATE checkpoint SET bytes = ? WHERE file = ?",
                        (size + POINT_BYTES * row["points"], row["file"]),
                    )

    def remove(self, session: str) -> None:
        """Forget a session and all that belongs to it.

        Raises:
            sqlite3.Error: it is still there.
        """
        with self._database:
            self._database.execute("DELETE FROM session WHERE id = ?", (session,))
        self._remove_unnamed(session)

    def write_uptime(self, seconds: float) -> None:
        """Remember for how long servers were up, this one and those before it.

        Raises:
            sqlite3.Error: nothing was written.
        """
        with self._database:
            self._database.execute("UPDATE server SET uptime = ?", (seconds,))

    def _remove_unnamed(self, session: str) -> None:
        """Remove those of the session's checkpoint files that the database does not name."""
        rows = self._database.execute("SELECT file FROM checkpoint WHERE session = ?", (session,))
        self._files.keep_only(session, [row["file"] for row in rows])


def _open(path: Path) -> sqlite3.Connection:
    path.touch(FILE)
    # What SQLite puts beside it has its permissions; earlier versions left all of it open.
    for file in path.parent.glob(f"{path.stem}*"):
        make_private(file)
    database = connect(path)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        migrate(database, path)
        # After that: a step that makes a table anew must not take along the rows that refer to it.
        database.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        database.close()
        raise
    return database


def _size(checkpoint: Checkpoint) -> int:
    """How many bytes a checkpoint takes with the graph up to it."""
    return len(checkpoint.data) + POINT_BYTES * checkpoint.points


def _into(table: str, columns: Iterable[str]) -> str:
    """The part of an INSERT that names the columns, and has a mark for the value of each."""
    names = tuple(columns)
    return f"INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})"
