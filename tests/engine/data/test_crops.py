"""Crops: random and central ones, and the activations made of them."""

from __future__ import annotations

import numpy as np

from engine.data import center_crops, random_crops, to_activations
from engine.layers.base import Shape


def test_bytes_become_minus_half_to_half() -> None:
    images = np.arange(256, dtype=np.uint8).reshape(2, 8, 16)
    x = to_activations(images)
    assert x.shape == (1, 8, 16, 2)
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    expected = np.arange(256).reshape(2, 8, 16).transpose(1, 2, 0) / 255 - 0.5
    np.testing.assert_allclose(x[0], expected, atol=6e-8)
    assert x.min() == -0.5
    assert x.max() == 0.5


def test_the_four_crops_of_an_image_are_adjacent() -> None:
    images = np.repeat(np.arange(3, dtype=np.uint8), 36).reshape(3, 6, 6)
    x = random_crops(images, Shape(4, 4, 1), np.random.default_rng(0))
    assert x.shape == (1, 4, 4, 12)
    np.testing.assert_allclose((x[0, 0, 0] + 0.5) * 255, np.repeat([0, 1, 2], 4), atol=1e-4)


def test_center_crops_are_cut_in_the_middle() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[:, 2:26, 2:26] = 255
    np.testing.assert_array_equal(center_crops(images, Shape(24, 24, 1)), 0.5)
