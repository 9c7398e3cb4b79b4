"""Brings a database that an earlier program left to the schema of this one."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.durable_files import replacing

log = logging.getLogger(__name__)

# Each leads from one version to the next, the first from nothing. One that was ever released is
# never changed; `tests/server/storage` has a state folder of each version that there was.
STEPS = (
    """
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
    """,
    """
    ALTER TABLE checkpoint ADD COLUMN tests INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE full_test (
        session TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
        run_id INTEGER NOT NULL,
        number INTEGER NOT NULL,
        examples INTEGER NOT NULL,
        accuracy REAL NOT NULL,
        images INTEGER NOT NULL,
        confusion BLOB NOT NULL,    -- see FullTest
        PRIMARY KEY (session, run_id, number)
    ) STRICT;
    ALTER TABLE session ADD COLUMN trainer_changes TEXT NOT NULL DEFAULT '[]';  -- JSON
    ALTER TABLE session ADD COLUMN before TEXT;     -- JSON: see RunBefore
    ALTER TABLE session ADD COLUMN continues INTEGER;
    ALTER TABLE beginning RENAME TO first_beginning;
    CREATE TABLE beginning (        -- weights that a run began with, where not drawn from its seed
        session TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
        run_id INTEGER NOT NULL,
        params BLOB NOT NULL,
        state BLOB NOT NULL,
        PRIMARY KEY (session, run_id)
    ) STRICT;
    INSERT INTO beginning SELECT session, run_id, params, state FROM first_beginning;
    DROP TABLE first_beginning;
    ALTER TABLE checkpoint ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;     -- 0: not measured yet
    ALTER TABLE session ADD COLUMN seen_uptime REAL NOT NULL DEFAULT 0;
    ALTER TABLE session ADD COLUMN removed REAL;
    CREATE TABLE server (uptime REAL NOT NULL) STRICT;
    INSERT INTO server VALUES (0);
    """,
    # Of earlier sessions nobody knows how long they trained: those that did are spared.
    """
    ALTER TABLE session ADD COLUMN network TEXT NOT NULL DEFAULT '';
    ALTER TABLE session ADD COLUMN trained_seconds REAL NOT NULL DEFAULT 1e9;
    UPDATE session SET trained_seconds = 0 WHERE examples = 0;
    """,
    """
    ALTER TABLE session ADD COLUMN added BLOB NOT NULL DEFAULT x'';     -- see added_pictures.pack
    """,
)
VERSION = len(STEPS)


class SchemaError(Exception):
    """The database is of a version that this program does not know; the message says what to do."""


def migrate(database: sqlite3.Connection, path: Path) -> None:
    """Take all steps that the database at `path` lacks, or none; a copy is made of it before.

    Raises:
        SchemaError: a newer program has written it.
        OSError, sqlite3.Error: it is as it was.
    """
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise SchemaError(
            f"a newer version of this program wrote them (schema {version}; this one knows "
            f"{VERSION}): start that one, or keep sessions in another folder (--state)"
        )
    if version == VERSION:
        return
    if version > 0:
        copy = path.with_name(f"{path.stem}.before-{VERSION}{path.suffix}")
        _copy(database, copy)
        log.info("database migrated", extra={"version": VERSION, "copy": str(copy)})
    steps = "".join(STEPS[version:])
    database.executescript(f"BEGIN; {steps} PRAGMA user_version = {VERSION}; COMMIT;")


def _copy(database: sqlite3.Connection, path: Path) -> None:
    with replacing(path, private=True) as part, closing(sqlite3.connect(part)) as copy:
        database.backup(copy)
