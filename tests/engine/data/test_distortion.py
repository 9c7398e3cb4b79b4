"""What distorted windows show, by cases that can be worked out without them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.distortion import Array, distorted_windows, distortions

ONE = np.array([0])
CORNER = (ONE, ONE)


def same_map(rows: list[list[float]], count: int = 1) -> Array:
    return np.repeat(np.array(rows, np.float32)[..., None], count, axis=2)


def test_a_map_that_changes_nothing_shows_each_window_as_it_is() -> None:
    images = np.random.default_rng(0).integers(256, size=(3, 6, 7), dtype=np.uint8)
    rows, columns, indices = np.array([0, 2, 1]), np.array([3, 0, 1]), np.array([2, 0, 2])
    unchanged = same_map([[1, 0], [0, 1]], 3)
    seen = distorted_windows(images, indices, (rows, columns), (4, 4), unchanged)
    for item, (index, row, column) in enumerate(zip(indices, rows, columns, strict=True)):
        window = images[index, row : row + 4, column : column + 4]
        np.testing.assert_array_equal(seen[..., item], window)


@pytest.mark.parametrize("size", [4, 5])
def test_a_quarter_turn_turns_the_window_about_its_middle(size: int) -> None:
    image = np.random.default_rng(1).integers(256, size=(1, size, size), dtype=np.uint8)
    seen = distorted_windows(image, ONE, CORNER, (size, size), same_map([[0, 1], [-1, 0]]))
    np.testing.assert_array_equal(seen[..., 0], np.rot90(image[0]))


def test_values_between_pixels_are_interpolated_and_edges_repeated() -> None:
    """On a ramp, interpolation gives the very coordinate that is looked at."""
    ramp = np.broadcast_to(np.arange(0, 200, 10, dtype=np.uint8), (1, 20, 20))
    maps = np.random.default_rng(2).uniform(-1.5, 1.5, (2, 2, 50)).astype(np.float32)
    middle = 4 + 5.5
    rows, columns = np.mgrid[-5.5:6, -5.5:6][..., None]
    for images, (by_row, by_column) in ((ramp, maps[1]), (ramp.swapaxes(1, 2), maps[0])):
        corner = np.full(50, 4)
        seen = distorted_windows(images, np.zeros(50, np.int64), (corner, corner), (12, 12), maps)
        looked_at = middle + by_row * rows + by_column * columns
        np.testing.assert_allclose(seen, 10 * looked_at.clip(0, 19), atol=1e-3)
        assert looked_at.min() < 0
        assert looked_at.max() > 19


def test_images_of_one_pixel_can_be_distorted() -> None:
    maps = distortions(10, 2, np.random.default_rng(3))
    images = np.array([[[7]], [[9]]], np.uint8)
    seen = distorted_windows(images, np.arange(2), (np.zeros(2), np.zeros(2)), (1, 1), maps)
    assert seen.ravel().tolist() == [7, 9]


def test_distortions_stay_within_their_strength_and_reach_it() -> None:
    maps = distortions(8, 2000, np.random.default_rng(4)).astype(np.float64)
    (_, sin), (_, cos) = maps
    turn, wide = np.degrees(np.arctan2(sin, cos)), np.hypot(sin, cos)
    high = (maps[0, 0] * maps[1, 1] - maps[0, 1] * maps[1, 0]) / wide
    shear = (maps[0, 0] * sin + maps[1, 0] * cos) / wide / high
    for values, neutral, most in ((turn, 0, 8), (wide, 1, 0.08), (high, 1, 0.08), (shear, 0, 0.08)):
        assert 0.95 * most < (values - neutral).max() < 1.001 * most
        assert -1.001 * most < (values - neutral).min() < -0.95 * most
