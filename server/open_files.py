"""What the server has open: its standard streams always, and as many connections as leave room."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

try:
    import resource
except ImportError:
    # Windows has no such limits.
    resource = None  # type: ignore[assignment]

WANTED_FILES = 65_536
RESERVED_PART = 4
"""One file of so many is kept for other things: the database, checkpoints, processes."""
RESERVED_FILES = 64
"""At least so many are, some of which new connections take for a moment."""


def allow_many_files() -> None:
    """Raise this process's bound on open files, as far as it may."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """So many connections leave room for the files that the server itself needs."""
    if resource is None:
        return WANTED_FILES
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return WANTED_FILES
    return max(1, soft - max(RESERVED_FILES, soft // RESERVED_PART))


def open_closed_streams() -> None:
    """Let standard streams that were closed at the start lead nowhere.

    Else the next file that is opened, such as the database, would get the stream's number.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    # Python has none where they were closed.
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
