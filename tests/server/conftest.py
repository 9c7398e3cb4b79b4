"""Asynchronous tests run on asyncio, like the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data import load_builtin
from engine.data.idx import write_idx


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def small_set(tmp_path: Path) -> Path:
    """A data set of a few real digits: 40 to train on, 20 to test."""
    folder = tmp_path / "small"
    folder.mkdir()
    digits = load_builtin()
    for stem, array in (
        ("train-images-idx3-ubyte", digits.train_images[:40]),
        ("train-labels-idx1-ubyte", digits.train_labels[:40]),
        ("t10k-images-idx3-ubyte", digits.test_images[:20]),
        ("t10k-labels-idx1-ubyte", digits.test_labels[:20]),
    ):
        with (folder / stem).open("wb") as file:
            write_idx(file, array)
    return folder
