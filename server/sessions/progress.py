"""How far and how fast a session trains, read off the running numbers that it shows."""

from __future__ import annotations

import json

from server.counters import Tally
from server.protocol.encode_events import Frame


class Pace:
    """Follows the `stats` messages of one session.

    Attributes:
        per_second: examples per second, as of the newest message.
    """

    def __init__(self, tally: Tally) -> None:
        self.per_second = 0.0
        self._tally = tally
        self._run_id = self._examples = 0

    def read(self, run_id: int, stats: Frame) -> None:
        """Add to the tally what was trained since the message before.

        A run's first message only says where it begins: a file may have brought it that far.
        """
        numbers = json.loads(stats.head)
        self.per_second = numbers["examples_per_second"] or 0.0
        if run_id == self._run_id:
            # After a divergence a run goes back, and there is nothing to take back.
            self._tally.examples += max(0, numbers["examples"] - self._examples)
        self._run_id, self._examples = run_id, numbers["examples"]
