"""Files and folders that nobody but their owner may read: they hold others' work, and their names
let people in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600


def make_folder(path: Path) -> None:
    """Make a private folder, and those above it as usual; one that is there becomes private.

    Raises:
        OSError: it cannot be made.
    """
    path.mkdir(FOLDER, parents=True, exist_ok=True)
    make_private(path)


def make_private(path: Path) -> None:
    """Let nobody but its owner use a file or folder; whoever does not own it cannot change that."""
    with suppress(PermissionError):
        path.chmod(FOLDER if path.is_dir() else FILE)
