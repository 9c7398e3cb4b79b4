"""Speed, graph points and the test schedule, by hand-worked cases."""

from __future__ import annotations

from server.training_process.full_test import TestSchedule
from server.training_process.graph_points import POINT_INTERVAL, POINTS_PER_DOUBLING, PointRecorder
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


def test_a_point_is_the_mean_over_its_interval() -> None:
    recorder = PointRecorder()
    assert not recorder.add(1.0, 0.5, 100)
    assert recorder.add(3.0, 1.5, 100)
    recorder.make(200, 0.5, None)
    assert recorder.take() == (0, ((200, 2.0, 1.0, 0.5, None),))
    recorder.make(200, 0.5, None)
    assert recorder.take() == (1, ())


def test_a_batch_larger_than_the_interval_is_one_point() -> None:
    recorder = PointRecorder()
    assert recorder.add(1.0, 0.0, 5 * POINT_INTERVAL)


def test_points_grow_with_the_logarithm_of_the_examples() -> None:
    recorder = PointRecorder()
    batch, seen = POINT_INTERVAL, 0
    for _ in range(POINTS_PER_DOUBLING * 7):
        seen += batch
        if recorder.add(1.0, 0.0, batch):
            recorder.make(seen, None, None)
    assert recorder.made == 3 * POINTS_PER_DOUBLING
    assert recorder.interval == 8 * POINT_INTERVAL
    assert PointRecorder(recorder.made).interval == recorder.interval


def test_tests_keep_to_their_share_of_the_time() -> None:
    schedule = TestSchedule(share=0.1, burst=0.5, pause=3, first=1)
    assert not schedule.may_begin(0.9)
    schedule.begin(1)
    assert schedule.may_go_on(1)
    schedule.spend(1)
    assert not schedule.may_go_on(2.9)
    assert schedule.may_go_on(3)
    schedule.end(3)
    # The first pause is short, the second longer, and from the third on the share decides.
    assert not schedule.may_begin(5.9)
    assert schedule.may_begin(6)
    for began, wait in ((6, 6), (13, 8), (22, 8)):
        schedule.begin(began)
        schedule.spend(1)
        schedule.end(began + 2)
        assert not schedule.may_begin(began + 2 + wait - 0.1)
        assert schedule.may_begin(began + 2 + wait)


def test_cheap_tests_still_have_a_pause_between_them() -> None:
    schedule = TestSchedule(share=0.1, burst=0.5, pause=3, first=0)
    schedule.begin(0)
    schedule.spend(0.001)
    schedule.end(0.5)
    assert not schedule.may_begin(3.4)
    assert schedule.may_begin(3.5)
