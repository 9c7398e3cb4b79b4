"""IDX files: unpacked once, and every way in which one can be broken."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from engine import data
from tests.engine.idx_files import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    header,
    idx_bytes,
    small_set,
    write_set,
)


def test_gzipped_files_are_unpacked_once_and_again_when_they_change(
    tmp_path: Path, cache: Path
) -> None:
    arrays = small_set()
    directory = write_set(tmp_path / "set", arrays, packed=True)
    data.load_directory(directory)
    unpacked = {path: path.stat().st_mtime_ns for path in (cache / "unpacked").iterdir()}
    assert len(unpacked) == 4
    data.load_directory(directory)
    assert {path: path.stat().st_mtime_ns for path in (cache / "unpacked").iterdir()} == unpacked
    changed = {**arrays, TEST_LABELS: arrays[TEST_LABELS][::-1]}
    (directory / f"{TEST_LABELS}.gz").write_bytes(gzip.compress(idx_bytes(changed[TEST_LABELS]), 1))
    loaded = data.load_directory(directory)
    np.testing.assert_array_equal(loaded.test_labels, changed[TEST_LABELS])
    assert len(list((cache / "unpacked").iterdir())) == 4


def test_without_a_writable_cache_files_are_read_into_memory(tmp_path: Path) -> None:
    arrays = small_set()
    directory = write_set(tmp_path / "set", arrays, packed=True)
    (tmp_path / "file").write_text("in the way of a folder")
    loaded = data.load_directory(directory, cache=tmp_path / "file" / "cache")
    np.testing.assert_array_equal(loaded.train_images, arrays[TRAIN_IMAGES])
    assert not loaded.train_images.flags.writeable


FAULTS = {
    "wrong magic": (TRAIN_IMAGES, header(2049, 30, 28, 28), "starts with 2049"),
    "labels with the magic of images": (TEST_LABELS, header(2051, 10), "starts with 2051"),
    "no bytes at all": (TEST_LABELS, b"", "truncated: its header is 0 of 8 bytes"),
    "half a header": (TRAIN_IMAGES, header(2051, 30), "truncated: its header is 8 of 16 bytes"),
    "truncated": (TRAIN_LABELS, header(2049, 30) + bytes(29), "truncated"),
    "trailing bytes": (TRAIN_LABELS, header(2049, 30) + bytes(31), "too long"),
    "no images": (TEST_IMAGES, header(2051, 0, 28, 28), "is empty"),
    "images without width": (TEST_IMAGES, header(2051, 10, 28, 0), "is empty"),
    "promises of 2^96 bytes": (TEST_IMAGES, header(2051, *[2**32 - 1] * 3), "truncated"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_broken_files_are_named_with_the_reason(tmp_path: Path, fault: str, packed: bool) -> None:
    stem, content, reason = FAULTS[fault]
    directory = write_set(tmp_path / "set", small_set(), packed=packed)
    path = directory / (f"{stem}.gz" if packed else stem)
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(data.DataError) as caught:
        data.load_directory(directory)
    assert stem in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_corrupt_gzip_files_are_named(tmp_path: Path) -> None:
    directory = write_set(tmp_path / "set", small_set(), packed=True)
    path = directory / f"{TRAIN_IMAGES}.gz"
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for content in (whole[: len(whole) // 2], b"no gzip", bytes(flipped), whole + b"rest"):
        path.write_bytes(content)
        with pytest.raises(data.DataError, match=f"{TRAIN_IMAGES}.gz: not a complete gzip file"):
            data.load_directory(directory)
