"""Files that are whole and on disk under their name, or not there at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PART = ".part"
"""How the names of files end that are not whole yet."""


def write_durably(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file that outlives a loss of power from here on; `private` for its owner alone.

    Raises:
        OSError: the disk is full, say; what stood there before still does.
    """
    with replacing(path, private=private) as part:
        part.write_bytes(data)


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[Path]:
    """A place to write the file to; where the block fails, nothing of it is left.

    A `private` one is there already, empty, and for its owner alone.

    Raises:
        OSError: it cannot be put in its place; what stood there before still does.
    """
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}{PART}")
    try:
        if private:
            part.touch(0o600)
        yield part
        put_in_place(part, path)
    finally:
        part.unlink(missing_ok=True)


def put_in_place(part: Path, path: Path) -> None:
    """Give a whole file on the same disk its name, in the place of what has that name now.

    Raises:
        OSError: it cannot be; what stood there before still does.
    """
    # Not read-only: Windows flushes only what may be written.
    with part.open("r+b") as file:
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in the folder last; where folders cannot be opened there is no need.

    Raises:
        OSError: the disk fails.
    """
    with suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
