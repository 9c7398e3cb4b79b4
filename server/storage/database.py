"""Sessions on disk: a SQLite database, and beside it a file for each checkpoint.

All that writes waits for the disk: `keeper` does it, on a thread. A checkpoint's file is whole and
on disk before the database names it, and is removed only after the database names another: whenever
the power fails, what was acknowledged is there.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from engine.durable_files import sync_folder, write_durably
from server.protocol.run_values import Divergence, PointRow, Weights
from server.storage.records import Remains, SessionRecord, StoredCheckpoint

VERSION = 1
DATABASE, LOCK, CHECKPOINTS = "sessions.sqlite3", "lock", "checkpoints"
KEPT_RUNS = 2
"""Checkpoints are kept of the current run, and of the one before: what a change replaced."""

SCHEMA = """
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    seen REAL NOT NULL,
    run_id INTEGER NOT NULL,
    last_run_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    trainer TEXT NOT NULL,      -- JSON: all options
    seed INTEGER NOT NULL,
    keep INTEGER NOT NULL,
    paused INTEGER NOT NULL,
    failure TEXT,
    reason TEXT,
    divergences TEXT NOT NULL,  -- JSON
    examples INTEGER NOT NULL
) STRICT;
CREATE TABLE checkpoint (
    session TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
    run_id INTEGER NOT NULL,
    examples INTEGER NOT NULL,
    points INTEGER NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (session, run_id)
) STRICT;
CREATE TABLE point (
    session TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
    run_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    examples INTEGER NOT NULL,
    loss REAL,
    decay_loss REAL,
    train_accuracy REAL,
    validation_accuracy REAL,
    PRIMARY KEY (session, run_id, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE beginning (        -- weights that a run began with, where not drawn from its seed
    session TEXT PRIMARY KEY REFERENCES session ON DELETE CASCADE,
    run_id INTEGER NOT NULL,
    params BLOB NOT NULL,
    state BLOB NOT NULL
) STRICT;
"""


class StorageError(Exception):
    """What is kept cannot be read, or nothing can be kept; the message is a sentence."""


class Storage:
    """One server's sessions in one folder, which it has for itself. `close` ends that."""

    def __init__(self, folder: Path) -> None:
        """Open what is there, or begin.

        Raises:
            StorageError: another server uses the folder, or it cannot be used.
        """
        self._checkpoints = folder / CHECKPOINTS
        try:
            self._checkpoints.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StorageError(f"another server keeps its sessions in {folder}") from None
        except OSError as error:
            raise StorageError(f"{folder} cannot be used: {error.strerror or error}") from None
        try:
            self._database = _open(folder / DATABASE)
            # Reading waits for no write: in WAL mode each connection sees what was last committed.
            self._reader = _connect(folder / DATABASE)
            for session in self._checkpoints.iterdir():
                self._remove_unnamed(session.name)
        except (sqlite3.Error, StorageError, OSError) as error:
            self._lock.release()
            raise StorageError(f"the sessions in {folder} cannot be read: {error}") from None

    def close(self) -> None:
        """Let go of the folder; may be called twice."""
        self._reader.close()
        self._database.close()
        self._lock.release()

    def records(self) -> list[SessionRecord]:
        """All sessions.

        Raises:
            sqlite3.Error: the database cannot be read.
        """
        return [_record(row) for row in self._reader.execute("SELECT * FROM session")]

    def write(self, record: SessionRecord) -> None:
        """Add a session, or change it.

        Raises:
            sqlite3.Error: nothing was written.
        """
        names = list(SessionRecord.__dataclass_fields__)
        changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")
        with self._database:
            self._database.execute(
                f"INSERT INTO session ({', '.join(names)}) VALUES ({_marks(names)}) "
                f"ON CONFLICT (id) DO UPDATE SET {changes}",
                _row(record),
            )

    def write_checkpoint(
        self, session: str, checkpoint: StoredCheckpoint, first: int, rows: Sequence[PointRow]
    ) -> None:
        """Put a checkpoint in the place of the run's last, with the graph `rows` from `first` on.

        Raises:
            OSError, sqlite3.Error: the disk is full, say; the last checkpoint is as it was.
        """
        run_id = checkpoint.run_id
        folder = self._checkpoints / session
        name = f"{session}/{run_id}-{checkpoint.examples}-{os.urandom(4).hex()}.json"
        if not folder.exists():
            folder.mkdir()
            sync_folder(self._checkpoints)
        write_durably(self._checkpoints / name, checkpoint.data)
        try:
            with self._database as database:
                database.execute(
                    "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)",
                    (session, run_id, checkpoint.examples, checkpoint.points, name),
                )
                database.execute(
                    "DELETE FROM checkpoint WHERE session = ?1 AND run_id NOT IN (SELECT run_id "
                    "FROM checkpoint WHERE session = ?1 ORDER BY run_id DESC LIMIT ?2)",
                    (session, KEPT_RUNS),
                )
                # After a step back to an earlier checkpoint the graph is drawn anew from there.
                database.execute(
                    "DELETE FROM point WHERE session = ?1 "
                    "AND (run_id < ?2 OR run_id = ?2 AND number >= ?3)",
                    (session, run_id, first),
                )
                database.executemany(
                    f"INSERT INTO point VALUES ({_marks(range(8))})",
                    [(session, run_id, first + i, *row) for i, row in enumerate(rows)],
                )
        except BaseException:
            (self._checkpoints / name).unlink(missing_ok=True)
            raise
        self._remove_unnamed(session)

    def write_beginning(self, session: str, run_id: int, weights: Weights) -> None:
        """Remember what a run began with.

        Raises:
            sqlite3.Error: nothing was written.
        """
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO beginning VALUES (?, ?, ?, ?)",
                (session, run_id, weights.params, weights.state),
            )

    def remove(self, session: str) -> None:
        """Forget a session and all that belongs to it.

        Raises:
            sqlite3.Error: it is still there.
        """
        with self._database:
            self._database.execute("DELETE FROM session WHERE id = ?", (session,))
        self._remove_unnamed(session)

    def newest_checkpoint(self, session: str) -> StoredCheckpoint | None:
        """The checkpoint of the session's newest run that has one.

        Raises:
            OSError, sqlite3.Error: it cannot be read.
        """
        found = self._reader.execute(
            "SELECT run_id, examples, points, file FROM checkpoint "
            "WHERE session = ? ORDER BY run_id DESC LIMIT 1",
            (session,),
        ).fetchone()
        if found is None:
            return None
        run_id, examples, points, file = found
        data = (self._checkpoints / file).read_bytes()
        return StoredCheckpoint(run_id, examples, points, data)

    def remains(self, session: str, run_id: int) -> Remains:
        """The larger things that are kept of a session's run.

        Raises:
            sqlite3.Error: they cannot be read.
        """
        rows = self._reader.execute(
            "SELECT examples, loss, decay_loss, train_accuracy, validation_accuracy "
            "FROM point WHERE session = ? AND run_id = ? ORDER BY number",
            (session, run_id),
        ).fetchall()
        weights = self._reader.execute(
            "SELECT params, state FROM beginning WHERE session = ? AND run_id = ?",
            (session, run_id),
        ).fetchone()
        return Remains(tuple(rows), weights and Weights(*weights))

    def _remove_unnamed(self, session: str) -> None:
        """Remove those of the session's checkpoint files that the database does not name."""
        rows = self._database.execute("SELECT file FROM checkpoint WHERE session = ?", (session,))
        named = {self._checkpoints / file for (file,) in rows}
        folder = self._checkpoints / session
        for file in set(folder.glob("*")) - named:
            file.unlink(missing_ok=True)
        if not named:
            with suppress(OSError):
                folder.rmdir()


def _connect(path: Path) -> sqlite3.Connection:
    # Each connection serves one thread at a time, though not the one that opened it.
    return sqlite3.connect(path, check_same_thread=False)


def _open(path: Path) -> sqlite3.Connection:
    database = _connect(path)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION:
            raise StorageError(f"they are of version {version}, this program reads {VERSION}")
    except BaseException:
        database.close()
        raise
    return database


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _row(record: SessionRecord) -> tuple[object, ...]:
    values = {name: getattr(record, name) for name in SessionRecord.__dataclass_fields__}
    values["trainer"] = json.dumps(dict(record.trainer))
    values["divergences"] = json.dumps([asdict(each) for each in record.divergences])
    return tuple(values.values())


def _record(row: tuple[object, ...]) -> SessionRecord:
    values = dict(zip(SessionRecord.__dataclass_fields__, row, strict=True))
    values["trainer"] = json.loads(str(values["trainer"]))
    values["divergences"] = tuple(
        Divergence(**each) for each in json.loads(str(values["divergences"]))
    )
    values["keep"], values["paused"] = bool(values["keep"]), bool(values["paused"])
    return SessionRecord(**values)  # type: ignore[arg-type]
