"""Batches: where they are cropped, how they are shuffled, and that they resume exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data import Batch, Dataset, Sampler, center_crops, to_activations
from engine.layers.base import Shape, ShapeError
from tests.engine.idx_files import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, small_set


def tiny(train: int = 30, size: tuple[int, int] = (6, 7)) -> Dataset:
    arrays = small_set(train=train, test=12, size=size)
    return Dataset(
        "tiny", arrays[TRAIN_IMAGES], arrays[TRAIN_LABELS], arrays[TEST_IMAGES], arrays[TEST_LABELS]
    )


def places(batch: Batch, item: int) -> list[tuple[int, int]]:
    """All places of the whole image at which this crop can have been cut."""
    _, height, width, _ = batch.x.shape
    image = batch.images[item] / np.float32(255) - np.float32(0.5)
    crop = batch.x[0, :, :, item]
    return [
        (row, column)
        for row in range(image.shape[0] - height + 1)
        for column in range(image.shape[1] - width + 1)
        if np.allclose(image[row : row + height, column : column + width], crop, atol=1e-7)
    ]


@pytest.mark.parametrize("draw", ["next_batch", "next_validation", "next_test"])
def test_a_batch_is_crops_of_its_images_with_their_labels(draw: str) -> None:
    data = tiny()
    sampler = Sampler(data, Shape(5, 4, 1), np.random.default_rng(0))
    batch: Batch = getattr(sampler, draw)(9)
    assert len(batch) == 9
    assert batch.x.shape == (1, 4, 5, 9)
    assert batch.x.dtype == np.float32
    assert batch.x.flags.c_contiguous
    assert batch.labels.dtype == np.int64
    labels = data.test_labels if draw == "next_test" else data.train_labels
    np.testing.assert_array_equal(batch.labels, labels[batch.indices])
    assert all(places(batch, item) for item in range(9))


def test_random_crops_reach_every_place_evenly() -> None:
    sampler = Sampler(tiny(), Shape(5, 4, 1), np.random.default_rng(1))
    counts: dict[tuple[int, int], int] = {}
    for _ in range(30):
        batch = sampler.next_batch(20)
        for item in range(20):
            (place,) = places(batch, item)
            counts[place] = counts.get(place, 0) + 1
    assert sorted(counts) == [(row, column) for row in range(3) for column in range(3)]
    assert min(counts.values()) > 600 / 9 / 2


def test_an_input_as_large_as_the_images_takes_them_whole() -> None:
    data = tiny()
    sampler = Sampler(data, Shape(7, 6, 1), np.random.default_rng(0))
    batch = sampler.next_batch(5)
    np.testing.assert_array_equal(batch.x, to_activations(batch.images))


@pytest.mark.parametrize("shape", [Shape(8, 6, 1), Shape(7, 7, 1), Shape(4, 4, 3)])
def test_an_input_that_images_do_not_fill_is_an_error(shape: Shape) -> None:
    with pytest.raises(ShapeError, match="images of 7x6x1 do not fit an input of"):
        Sampler(tiny(), shape, np.random.default_rng(0))
    with pytest.raises(ShapeError):
        center_crops(tiny().test_images, shape)


def test_an_epoch_holds_each_training_image_once_and_no_validation_image() -> None:
    data = tiny(train=30)
    sampler = Sampler(data, Shape(4, 4, 1), np.random.default_rng(2))
    drawn = np.concatenate([sampler.next_batch(9).indices for _ in range(6)])
    assert sampler.epoch == 2
    first, second = drawn[:27], drawn[27:]
    assert sorted(first) == data.training_indices.tolist()
    assert sorted(second) == data.training_indices.tolist()
    assert first.tolist() != second.tolist()
    assert set(sampler.next_validation(200).indices) == set(data.validation_indices)
    assert len(data.validation_indices) == 3
    assert set(sampler.next_test(500).indices) == set(range(12))


def test_batches_run_across_epochs_and_may_be_longer_than_one() -> None:
    data = tiny(train=30)
    sampler = Sampler(data, Shape(4, 4, 1), np.random.default_rng(2))
    batch = sampler.next_batch(70)
    assert len(batch) == 70
    assert sampler.epoch == pytest.approx(70 / 27)
    assert sorted(batch.indices[:27]) == data.training_indices.tolist()
    assert sorted(batch.indices[27:54]) == data.training_indices.tolist()


def same(one: Batch, other: Batch) -> bool:
    return bool(
        np.array_equal(one.x, other.x)
        and np.array_equal(one.labels, other.labels)
        and np.array_equal(one.indices, other.indices)
    )


def test_the_same_seed_gives_the_same_batches_however_often_one_validates() -> None:
    still, watched = (Sampler(tiny(), Shape(4, 4, 1), np.random.default_rng(3)) for _ in range(2))
    other = Sampler(tiny(), Shape(4, 4, 1), np.random.default_rng(4))
    for count in (1, 7, 40):
        watched.next_validation(count)
        watched.next_test(3)
        expected = still.next_batch(count)
        assert same(watched.next_batch(count), expected)
        assert not same(other.next_batch(count), expected)


def test_validation_images_in_order_are_cropped_at_their_center_and_go_round() -> None:
    data = tiny()
    sampler = Sampler(data, Shape(5, 4, 1), np.random.default_rng(0))
    images = data.validation_indices
    before = sampler.state()
    batch = sampler.validation_from(len(images) - 1, len(images) + 1)
    np.testing.assert_array_equal(batch.indices, [images[-1], *images])
    np.testing.assert_array_equal(batch.labels, data.train_labels[batch.indices])
    np.testing.assert_array_equal(batch.x, center_crops(batch.images, Shape(5, 4, 1)))
    assert sampler.state() == before


def test_distorted_batches_follow_from_the_seed_and_are_of_the_same_images() -> None:
    plain, one, other = (
        Sampler(tiny(), Shape(4, 4, 1), np.random.default_rng(3)) for _ in range(3)
    )
    for _ in range(3):
        expected, batch = plain.next_batch(8), one.next_batch(8, 10)
        assert same(batch, other.next_batch(8, 10))
        np.testing.assert_array_equal(batch.indices, expected.indices)
        np.testing.assert_array_equal(batch.labels, expected.labels)
        assert batch.x.shape == expected.x.shape
        assert batch.x.flags.c_contiguous
        assert not any(places(batch, item) for item in range(8))


@pytest.mark.parametrize("before", [0, 5, 27, 60])
def test_a_restored_sampler_continues_exactly(before: int) -> None:
    sampler = Sampler(tiny(), Shape(4, 4, 1), np.random.default_rng(5))
    sampler.next_batch(before)
    sampler.next_validation(2)
    state = json.loads(json.dumps(sampler.state()))
    again = Sampler(tiny(), Shape(4, 4, 1), np.random.default_rng(99))
    again.next_batch(11)
    again.restore(state)
    assert again.epoch == sampler.epoch
    for count in (3, 30, 8):
        for draw in ("next_batch", "next_validation", "next_test"):
            assert same(getattr(again, draw)(count), getattr(sampler, draw)(count))
    assert again.state() == sampler.state()


def test_states_survive_a_reader_with_double_precision() -> None:
    """ConvNetJS and browsers read every number as a double."""
    state = Sampler(tiny(), Shape(4, 4, 1), np.random.default_rng(5)).state()

    def as_double(text: str) -> int:
        return int(float(text))

    assert json.loads(json.dumps(state), parse_int=as_double) == state


SPOILED: list[tuple[str, Any]] = [
    ("training_images", 28),
    ("position", -1),
    ("position", 28),
    ("position", 1.5),
    ("position", True),
    ("epochs_done", None),
    ("training", None),
    ("training", {}),
    ("training", {"state": "x", "inc": "1", "has_uint32": 0, "uinteger": 0}),
    ("order", {"state": "9" * 5000, "inc": "1", "has_uint32": 0, "uinteger": 0}),
    ("order", {"state": str(2**200), "inc": "1", "has_uint32": 0, "uinteger": 0}),
    ("test", {"state": "1", "inc": "-1", "has_uint32": 0, "uinteger": 2**70}),
    ("epoch_start", [1, 2]),
    ("epochs_done", 2**53),
    # Such a generator never gets anywhere, and NumPy draws from it for ever.
    ("training", {"state": "0", "inc": "0", "has_uint32": 0, "uinteger": 0}),
    ("training", {"state": "5", "inc": "4", "has_uint32": 0, "uinteger": 0}),
    ("training", {"state": "1", "inc": "1", "has_uint32": 2, "uinteger": 0}),
    ("training", {"state": "1", "inc": "1", "has_uint32": 0, "uinteger": 2**32}),
    ("training", {"state": 1, "inc": "1", "has_uint32": 0, "uinteger": 0}),
    ("training", {"state": "1", "inc": 1, "has_uint32": 0, "uinteger": 0}),
    ("training", {"state": "1", "inc": "1", "has_uint32": True, "uinteger": 0}),
    ("training", {"state": " 1_0", "inc": "1", "has_uint32": 0, "uinteger": 0}),
]


@pytest.mark.parametrize(("key", "value"), SPOILED)
def test_malformed_states_are_refused_and_change_nothing(key: str, value: Any) -> None:
    sampler = Sampler(tiny(), Shape(4, 4, 1), np.random.default_rng(5))
    sampler.next_batch(4)
    before = sampler.state()
    with pytest.raises(ValueError, match=r"."):
        sampler.restore({**before, key: value})
    assert sampler.state() == before


def test_global_random_state_is_left_alone(tmp_path: Path) -> None:
    before = np.random.get_state(legacy=False)["state"]
    sampler = Sampler(tiny(), Shape(4, 4, 1), np.random.default_rng(5))
    sampler.next_batch(50)
    after = np.random.get_state(legacy=False)["state"]
    assert before["pos"] == after["pos"]
    np.testing.assert_array_equal(before["key"], after["key"])
