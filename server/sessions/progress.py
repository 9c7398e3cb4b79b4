"""How far and how fast a session trains, as its trainer tells along with the running numbers."""

from __future__ import annotations

from server.counters import Tally
from server.protocol.run_values import Progress


class Pace:
    """Follows the progress of one session.

    Attributes:
        per_second: examples per second, as of the newest report.
        run_id, examples: trained on in this run, as of the same.
    """

    def __init__(self, tally: Tally) -> None:
        self.per_second = 0.0
        self._tally = tally
        self.run_id = self.examples = 0

    def note(self, run_id: int, progress: Progress) -> None:
        """Add to the tally what was trained since the report before.

        A run's first report only says where it begins: a file may have brought it that far.
        """
        self.per_second = progress.per_second
        if run_id == self.run_id:
            # After a divergence a run goes back, and there is nothing to take back.
            self._tally.examples += max(0, progress.examples - self.examples)
        self.run_id, self.examples = run_id, progress.examples
