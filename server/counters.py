"""What has happened since the server started, in plain numbers that cost nothing to keep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts that only rise; see `metrics` for what is told of them.

    Attributes:
        frames_sent, bytes_sent: messages of every kind to viewers.
        frames_dropped: messages that a newer one of their kind replaced before they were sent.
        commands: how many came to which end: "done", "refused" or "malformed".
        examples: examples trained on, in all sessions.
        worker_deaths: training processes that ended though nobody told them to.
    """

    frames_sent: int = 0
    bytes_sent: int = 0
    frames_dropped: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    examples: int = 0
    worker_deaths: int = 0
