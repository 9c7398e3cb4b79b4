"""The learning rate over the examples of a run."""

from __future__ import annotations

from math import cos, pi

import pytest

from engine.language import TrainerSpec
from engine.update_rules.learning_rate import FLOOR, learning_rate


def rates(examples: list[int], **options: object) -> list[float]:
    given = TrainerSpec.of(learning_rate=0.2, batch_size=10, **options).options
    return [learning_rate(given, count) for count in examples]


def test_by_default_it_stays() -> None:
    assert rates([0, 1, 10**9]) == [0.2, 0.2, 0.2]


def test_steps() -> None:
    options = {"schedule": "step", "schedule_examples": 100, "step_factor": 0.5}
    assert rates([0, 99, 100, 199, 200, 1000], **options) == pytest.approx(
        [0.2, 0.2, 0.1, 0.1, 0.05, 0.2 / 1024]
    )


def test_a_cosine_falls_to_its_floor_and_stays_there() -> None:
    options = {"schedule": "cosine", "schedule_examples": 100}
    quarter = FLOOR + (1 - FLOOR) * (1 + cos(pi / 4)) / 2
    half = (1 + FLOOR) / 2
    expected = [0.2, 0.2 * quarter, 0.2 * half, 0.2 * FLOOR, 0.2 * FLOOR]
    assert rates([0, 25, 50, 100, 10**6], **options) == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine"])
def test_warm_up_rises_in_a_line_and_then_leaves_the_rest_alone(schedule: str) -> None:
    options = {"schedule": schedule, "schedule_examples": 1000}
    plain = rates([0, 40, 90, 95, 100, 5000], **options)
    warmed = rates([0, 40, 90, 95, 100, 5000], **options, warmup_examples=100)
    shares = [warm / full for warm, full in zip(warmed, plain, strict=True)]
    assert shares == pytest.approx([0.1, 0.5, 1, 1, 1, 1])


def test_the_largest_counts_do_no_harm() -> None:
    for schedule in ("constant", "step", "cosine"):
        options = {"schedule": schedule, "schedule_examples": 1, "warmup_examples": 10**9}
        assert 0 <= rates([10**18], **options)[0] <= 0.2
