"""Waits for what another process says, at first without going to sleep.

A process that sleeps takes longer to wake up than a small batch's owner needs between two parts.
"""

from __future__ import annotations

import os
import select
from multiprocessing.connection import Connection
from time import perf_counter

AWAKE_SECONDS = 0.0005


class Ear:
    """Listens at one end of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def hears(self, seconds: float | None = None) -> bool:
        """Wait until there is a message, or the other end is closed; at most so many seconds."""
        asleep = perf_counter() + AWAKE_SECONDS
        while not self._poll.poll(0):
            if perf_counter() > asleep:
                return bool(self._poll.poll(None if seconds is None else seconds * 1000))
            # Whoever else has work for this core goes first.
            os.sched_yield()
        return True
