"""Ends the server in time, whatever hangs."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

SECONDS = 10.0
"""All stages of an orderly end together take less."""
EXIT_CODE = 1


class Deadline:
    """Once told to, ends this process after so many seconds, unless it has ended by itself."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._closed = threading.Lock()
        self._closed.acquire()
        # Now: when the end has come there may be no thread to be had.
        threading.Thread(target=self._watch, name="deadline", daemon=True).start()

    def begin(self) -> None:
        """The time runs from now; idempotent, and fit for the handler of a signal."""
        with suppress(RuntimeError):
            self._closed.release()

    def _watch(self) -> None:
        self._closed.acquire()
        time.sleep(self._seconds)
        # Without a word: it may be the log that hangs. Training processes end with their pipes.
        os._exit(EXIT_CODE)
