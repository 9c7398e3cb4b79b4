"""Checkpoints as files, one each; which of them count, the database says.

What the database does not name when a server starts is moved aside, not removed: it may be the
database that is wrong.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from engine.durable_files import PART, sync_folder, write_durably
from server.protocol.run_values import Checkpoint
from server.storage.private_files import make_folder, make_private

log = logging.getLogger(__name__)

CHECKPOINTS, ORPHANED = "checkpoints", "orphaned"


class CheckpointFiles:
    """The checkpoint files in a state folder; a name is session/file."""

    def __init__(self, state: Path) -> None:
        """Begin with what is there.

        Raises:
            OSError: there can be no such folder.
        """
        self._folder, self._orphaned = state / CHECKPOINTS, state / ORPHANED
        make_folder(self._folder)
        # Earlier versions left what is in there open to all.
        for path in self._folder.rglob("*"):
            make_private(path)

    def read(self, name: str) -> bytes:
        """What a file holds.

        Raises:
            OSError: it cannot be read.
        """
        return (self._folder / name).read_bytes()

    def write(self, session: str, checkpoint: Checkpoint) -> str:
        """Write a checkpoint that outlives a loss of power from here on; returns its name.

        Raises:
            OSError: the disk is full, say.
        """
        name = f"{session}/{checkpoint.run_id}-{checkpoint.examples}-{os.urandom(4).hex()}.json"
        file = self._folder / name
        if not file.parent.exists():
            # The folder of all may be gone too: somebody tidied up.
            make_folder(self._folder)
            make_folder(file.parent)
            sync_folder(self._folder)
        write_durably(file, checkpoint.data, private=True)
        return name

    def size(self, name: str) -> int:
        """How many bytes a file has.

        Raises:
            OSError: it is not there.
        """
        return (self._folder / name).stat().st_size

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        (self._folder / name).unlink(missing_ok=True)

    def keep_only(self, session: str, names: Iterable[str]) -> None:
        """Remove all files of a session but these."""
        folder, kept = self._folder / session, {self._folder / name for name in names}
        for file in set(folder.glob("*")) - kept:
            file.unlink(missing_ok=True)
        if not kept:
            with suppress(OSError):
                folder.rmdir()

    def set_aside_all_but(self, names: Iterable[str]) -> None:
        """Move all other files to a folder of today, and say so; half-written ones are removed.

        Raises:
            OSError: one cannot be moved.
        """
        kept = {self._folder / name for name in names}
        aside = self._orphaned / time.strftime("%Y-%m-%d")
        moved = 0
        for file in set(self._folder.glob("*/*")) - kept:
            if file.name.endswith(PART):
                file.unlink()
                continue
            place = aside / file.parent.name
            make_folder(self._orphaned)
            make_folder(aside)
            make_folder(place)
            file.rename(place / file.name)
            moved += 1
        for folder in self._folder.iterdir():
            # Only empty ones.
            with suppress(OSError):
                folder.rmdir()
        if moved:
            about = {"files": moved, "folder": str(aside)}
            log.warning("checkpoints that the database does not name moved aside", extra=about)
