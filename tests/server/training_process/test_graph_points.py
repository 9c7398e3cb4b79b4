"""Graph points, by hand-worked cases."""

from __future__ import annotations

from server.training_process.graph_points import POINT_INTERVAL, POINTS_PER_DOUBLING, PointRecorder


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
