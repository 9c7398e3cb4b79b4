"""What has happened since the server started, in plain numbers that cost nothing to keep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How a command ended."""

    DONE = "done"
    REFUSED = "refused"
    MALFORMED = "malformed"


@dataclass(slots=True)
class Tally:
    """Counts that only rise; see `metrics` for what is told of them.

    Attributes:
        frames_sent, bytes_sent: messages of every kind to viewers.
        frames_dropped: messages that a newer one of their kind replaced before they were sent.
        commands: how many of a viewer's commands ended how.
        examples: examples trained on, in all sessions.
        worker_deaths: training processes that ended though nobody told them to.
        thread_faults: unexpected errors on the server's own threads.
    """

    frames_sent: int = 0
    bytes_sent: int = 0
    frames_dropped: int = 0
    commands: Counter[Outcome] = field(default_factory=Counter)
    examples: int = 0
    worker_deaths: int = 0
    thread_faults: int = 0
