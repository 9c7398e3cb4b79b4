"""Examples per second, by a hand-worked case."""

from __future__ import annotations

from server.training_process.speed import Speed


def test_speed_is_of_the_last_two_seconds_of_training() -> None:
    speed = Speed()
    assert speed.per_second() == 0
    for tick in range(100):
        speed.mark(tick / 10, tick * tick)
    assert speed.per_second() == (99**2 - 79**2) / 2
    speed.reset()
    speed.mark(50, 0)
    assert speed.per_second() == 0
