"""What is read off the running numbers."""

from __future__ import annotations

from server.counters import Tally
from server.protocol.encode_events import Frame
from server.sessions.progress import Pace


def stats(examples: int, speed: float = 0.0) -> Frame:
    return Frame(f'{{"type":"stats","examples":{examples},"examples_per_second":{speed}}}')


def test_only_what_was_trained_here_is_counted() -> None:
    tally = Tally()
    pace = Pace(tally)
    pace.read(1, stats(20))
    pace.read(1, stats(120))
    assert tally.examples == 100
    # A file brought the next run to where it begins; after a divergence it goes back.
    for examples in (5000, 5200, 5100, 5150):
        pace.read(2, stats(examples, speed=7.5))
    assert tally.examples == 100 + 200 + 50
    assert pace.per_second == 7.5
