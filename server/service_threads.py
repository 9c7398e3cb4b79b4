"""Threads that the server cannot do without: none of them fails without a word."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from server.counters import Tally

log = logging.getLogger(__name__)


class Health:
    """What is wrong with the server just now, as its threads find it."""

    def __init__(self, tally: Tally) -> None:
        """All is well; faults are added to the tally."""
        self._tally = tally
        self._lock = threading.Lock()
        self._troubles: dict[str, str] = {}

    def trouble(self) -> str | None:
        """Which part of the server fails with what; None while all is well."""
        with self._lock:
            return "; ".join(f"{part}: {what}" for part, what in self._troubles.items()) or None

    def fault(self, part: str, error: Exception) -> None:
        """An error that nobody foresaw: this part of the server does not work until `mended`."""
        with self._lock:
            self._tally.thread_faults += 1
            self._troubles[part] = type(error).__name__
        log.error("unexpected error on a thread", extra={"part": part}, exc_info=error)

    def mended(self, part: str) -> None:
        """This part works; idempotent."""
        with self._lock:
            self._troubles.pop(part, None)


def start_thread(part: str, work: Callable[[], None], health: Health) -> threading.Thread:
    """Do the work of this part of the server on a thread; an error that ends it is told."""

    def run() -> None:
        try:
            work()
        except Exception as error:
            health.fault(part, error)

    thread = threading.Thread(target=run, name=part, daemon=True)
    thread.start()
    return thread
