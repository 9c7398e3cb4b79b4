"""A sheet of pictures, read by another program's reader of PNG."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from engine.data import picture_sheet


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 28, 28), (100, 5, 9)])
def test_the_pictures_stand_below_each_other(shape: tuple[int, int, int]) -> None:
    count, height, width = shape
    images = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    with Image.open(io.BytesIO(picture_sheet(images))) as sheet:
        assert (sheet.mode, sheet.size) == ("L", (width, count * height))
        assert np.array_equal(np.asarray(sheet).reshape(shape), images)
