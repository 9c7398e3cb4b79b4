"""Running means by hand-worked cases."""

from __future__ import annotations

from engine.runs.running_means import RunningMean


def test_a_mean_says_nothing_of_too_few_examples() -> None:
    running = RunningMean(100)
    running.add(15, 19)
    assert running.mean() is None
    running.add(1, 1)
    assert running.mean() == 16 / 20


def test_a_mean_forgets_what_it_does_not_need() -> None:
    running = RunningMean(100)
    for _ in range(10):
        running.add(0, 50)
    for _ in range(2):
        running.add(50, 50)
    assert (running.mean(), running.count) == (1, 100)
    running.add(0, 500)
    assert (running.mean(), running.count) == (0, 500)


def test_a_mean_may_reach_further_back_from_now_on() -> None:
    running = RunningMean(100)
    for total in (50, 0, 0):
        running.add(total, 50)
    assert (running.mean(), running.count) == (0, 100)
    running.newest = 200
    for _ in range(3):
        running.add(50, 50)
    assert (running.mean(), running.count) == (150 / 200, 200)


def test_a_mean_forgets_huge_numbers_without_a_trace() -> None:
    running = RunningMean(100)
    for total in (50.0, 1e30, 50.0, 50.0):
        running.add(total, 50)
    assert running.mean() == 1
