"""Writes small data sets in MNIST's format for tests."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import numpy as np

from engine.data.idx import Bytes, write_idx

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"


def small_set(
    train: int = 30, test: int = 10, size: tuple[int, int] = (28, 28)
) -> dict[str, Bytes]:
    """Arrays by file stem; labels go round from 0 to 9."""
    rng = np.random.default_rng(5)
    return {
        TRAIN_IMAGES: rng.integers(256, size=(train, *size), dtype=np.uint8),
        TRAIN_LABELS: np.arange(train, dtype=np.uint8) % 10,
        TEST_IMAGES: rng.integers(256, size=(test, *size), dtype=np.uint8),
        TEST_LABELS: np.arange(test, dtype=np.uint8) % 10,
    }


def idx_bytes(array: Bytes) -> bytes:
    content = io.BytesIO()
    write_idx(content, array)
    return content.getvalue()


def write_set(directory: Path, arrays: dict[str, Bytes], *, packed: bool = False) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for stem, array in arrays.items():
        content = idx_bytes(array)
        if packed:
            (directory / f"{stem}.gz").write_bytes(gzip.compress(content))
        else:
            (directory / stem).write_bytes(content)
    return directory


def header(*words: int) -> bytes:
    """The start of an IDX file, as 32-bit words."""
    return struct.pack(f">{len(words)}I", *words)
