"""Reads kept sessions back after a restart: their records, checkpoints and graphs."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from server.protocol.run_values import Checkpoint, Weights
from server.storage.checkpoint_files import CheckpointFiles
from server.storage.decode_rows import POINT, BadRow, full_test_of, record_of, values_of
from server.storage.disk_budget import SIZES_OF_OWNER
from server.storage.keeper import StorageError
from server.storage.records import KeptRun, Remains, SessionRecord

log = logging.getLogger(__name__)


class SessionReader:
    """Reads on any thread; in WAL mode it sees what was last committed, and waits for no write."""

    def __init__(self, database: Path, files: CheckpointFiles) -> None:
        """Read this database, and the checkpoint files that it names.

        Raises:
            sqlite3.Error: it cannot be opened.
        """
        self._files = files
        self._reader = connect(database)
        self._reading = threading.Lock()

    def close(self) -> None:
        """Read no more. Idempotent."""
        self._reader.close()

    def records(self) -> list[SessionRecord]:
        """All sessions; one that cannot be read is left as it is, and the log says so.

        Raises:
            StorageError: the database cannot be read.
        """
        try:
            rows = self._read("SELECT * FROM session")
        except sqlite3.Error as error:
            raise StorageError(f"the sessions cannot be read: {error}") from None
        records = []
        for row in rows:
            try:
                records.append(record_of(row))
            except BadRow as error:
                about = {"session": row["id"][:6], "reason": str(error)}
                log.error("a session cannot be read and is left on disk", extra=about)
        return records

    def newest_checkpoint(self, session: str, run_id: int | None = None) -> Checkpoint | None:
        """The checkpoint of this run, or of the session's newest run that has one.

        Raises:
            OSError, sqlite3.Error, BadRow: it cannot be read.
        """
        return self._checkpoint("AND (?2 IS NULL OR run_id = ?2)", session, run_id)

    def kept_run(self, session: str, run_id: int) -> KeptRun:
        """All that is kept of a session's run.

        Raises:
            OSError, sqlite3.Error, BadRow: it cannot be read.
        """
        return KeptRun(self.newest_checkpoint(session, run_id), self.remains(session, run_id))

    def _checkpoint(self, which: str, *values: object) -> Checkpoint | None:
        rows = self._read(
            f"SELECT * FROM checkpoint WHERE session = ?1 {which} ORDER BY run_id DESC LIMIT 1",
            *values,
        )
        if not rows:
            return None
        columns = ("run_id", "examples", "points", "tests", "file")
        number, examples, points, tests, file = values_of(rows[0], columns)
        return Checkpoint(number, examples, points, tests, self._files.read(file))

    def remains(self, session: str, run_id: int) -> Remains:
        """The larger things that are kept of a session's run.

        Raises:
            sqlite3.Error, BadRow: they cannot be read.
        """
        run = "WHERE session = ? AND run_id = ?"
        points = self._read(f"SELECT * FROM point {run} ORDER BY number", session, run_id)
        tests = self._read(f"SELECT * FROM full_test {run} ORDER BY number", session, run_id)
        weights = self._read(f"SELECT * FROM beginning {run}", session, run_id)
        return Remains(
            tuple(values_of(row, POINT) for row in points),
            tuple(full_test_of(row) for row in tests),
            Weights(weights[0]["params"], weights[0]["state"]) if weights else None,
        )

    def sizes(self, owner: str) -> dict[str, int]:
        """How many bytes each of an owner's sessions takes that has anything.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        return dict(map(tuple, self._read(SIZES_OF_OWNER, owner)))

    def uptime(self) -> float:
        """For how many seconds the servers before this one were up.

        Raises:
            StorageError: the database cannot be read.
        """
        try:
            (row,) = self._read("SELECT * FROM server")
            (seconds,) = values_of(row, ("uptime",))
        except (sqlite3.Error, ValueError, BadRow) as error:
            raise StorageError(f"the sessions cannot be read: {error}") from None
        return float(seconds)

    def _read(self, query: str, *values: object) -> list[sqlite3.Row]:
        # A connection serves one thread at a time.
        with self._reading:
            return self._reader.execute(query, values).fetchall()


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the database, which names columns."""
    # Used by one thread at a time, though not by the one that opens it.
    database = sqlite3.connect(path, check_same_thread=False)
    database.row_factory = sqlite3.Row
    # A text that is not UTF-8 is to be one bad row, not the end of all reading.
    database.text_factory = lambda text: text.decode(errors="surrogateescape")
    return database
