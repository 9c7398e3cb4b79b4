"""What is made of the progress that trainers report."""

from __future__ import annotations

from server.counters import Tally
from server.protocol.run_values import Progress
from server.sessions.progress import Pace


def test_only_what_was_trained_here_is_counted() -> None:
    tally = Tally()
    pace = Pace(tally)
    pace.note(1, Progress(20, 0.0))
    pace.note(1, Progress(120, 0.0))
    assert tally.examples == 100
    # A file brought the next run to where it begins; after a divergence it goes back.
    for examples in (5000, 5200, 5100, 5150):
        pace.note(2, Progress(examples, 7.5))
    assert tally.examples == 100 + 200 + 50
    assert pace.per_second == 7.5
