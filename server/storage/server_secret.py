"""The secret with which a server signs, kept so that the next one in the same folder has it too."""

from __future__ import annotations

import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path

from engine.durable_files import sync_folder
from server.storage.keeper import StorageError

log = logging.getLogger(__name__)

SECRET, SECRET_BYTES = "secret", 32


def server_secret(folder: Path) -> bytes:
    """The secret of this state folder, made where there is none; nobody else may read it.

    Raises:
        StorageError: it can be neither read nor made.
    """
    path = folder / SECRET
    try:
        with suppress(FileNotFoundError):
            found = path.read_bytes()
            if len(found) == SECRET_BYTES:
                return found
            # Who has sessions is known all the same; see `OwnerCookies`.
            log.warning("the secret is damaged and is made anew")
            path.unlink()
        return _make(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be used: {error.strerror or error}") from None


def _make(path: Path) -> bytes:
    secret = secrets.token_bytes(SECRET_BYTES)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, secret)
        os.fsync(file)
    finally:
        os.close(file)
    sync_folder(path.parent)
    return secret
