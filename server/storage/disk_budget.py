"""How much of the disk sessions may take: those of one browser, and all together.

What is there is never removed to make room. Where something would grow beyond a budget it is not
written, and its owner is told so, from four fifths of it on beforehand.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

WARN_FROM = 0.8

_SIZES = """
SELECT session, owner, removed, bytes FROM (
    SELECT session, bytes FROM checkpoint
    UNION ALL SELECT session, LENGTH(params) + LENGTH(state) FROM beginning
) AS kept JOIN session ON session.id = kept.session
"""
SIZES_OF_OWNER = f"SELECT session, SUM(bytes) FROM ({_SIZES}) WHERE owner = ? GROUP BY session"


class OverBudget(Exception):
    """Something is not written for want of room; the message is sentences for people."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How many bytes the sessions of one browser take, and all sessions."""

    mine: int
    all: int


@dataclass(frozen=True, slots=True)
class DiskBudget:
    """How many bytes they may take."""

    per_owner: int
    in_all: int

    def check(self, used: Usage, more: int) -> None:
        """See that there is room for so many bytes more; for less than before there always is.

        Raises:
            OverBudget: there is none.
        """
        if more <= 0:
            return
        if used.mine + more > self.per_owner:
            raise OverBudget(
                "Nothing newer can be saved: your sessions take up the "
                f"{_megabytes(self.per_owner)} that this server keeps for each browser. "
                "Training continues; remove a session that you no longer need."
            )
        if used.all + more > self.in_all:
            raise OverBudget(
                "Nothing newer can be saved: all sessions together take up the "
                f"{_megabytes(self.in_all)} that this server keeps. Training continues; "
                "save the network to a file."
            )

    def warning(self, used: Usage) -> str | None:
        """What to say while there is little room left."""
        if used.mine >= WARN_FROM * self.per_owner:
            return (
                f"Your sessions take {_megabytes(used.mine)} of the "
                f"{_megabytes(self.per_owner)} that this server keeps for each browser. Beyond "
                "that nothing newer is saved: remove a session that you no longer need."
            )
        if used.all >= WARN_FROM * self.in_all:
            return (
                f"All sessions together take {_megabytes(used.all)} of the "
                f"{_megabytes(self.in_all)} that this server keeps. Beyond that nothing newer is "
                "saved: save to a file what you want to keep."
            )
        return None


def usage(database: sqlite3.Connection, session: str) -> Usage:
    """What the sessions of this session's owner take, and all.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    # What was removed can still be restored, but makes room for what is wanted now.
    mine = "owner = (SELECT owner FROM session WHERE id = ?) AND removed IS NULL"
    sums = f"SUM(CASE WHEN {mine} THEN bytes ELSE 0 END), SUM(bytes)"
    row = database.execute(f"SELECT {sums} FROM ({_SIZES})", (session,)).fetchone()
    return Usage(row[0] or 0, row[1] or 0)


def size_of_run(database: sqlite3.Connection, table: str, session: str, run_id: int) -> int:
    """How many bytes a run's checkpoint or beginning takes, or those of the run it continues.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    size = "bytes" if table == "checkpoint" else "LENGTH(params) + LENGTH(state)"
    continued = "(SELECT continues FROM session WHERE id = ?1 AND run_id = ?2)"
    query = (
        f"SELECT {size} FROM {table} WHERE session = ?1 AND run_id IN (?2, {continued}) "
        "ORDER BY run_id DESC LIMIT 1"
    )
    row = database.execute(query, (session, run_id)).fetchone()
    return int(row[0]) if row else 0


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
