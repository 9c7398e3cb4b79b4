"""Finds and loads data sets: the built-in digits, the full MNIST, or any folder in its format."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs

from engine.data.idx import Bytes, DataError, read_idx
from engine.language import DataShape

ENVIRONMENT_VARIABLE = "CONVNET_LIVE_DATA"
SAMPLE_DIRECTORY = Path(__file__).resolve().parents[1] / "sample"
DIGITS = tuple("0123456789")
VALIDATION_EVERY = 10
VALIDATION_SEED = 2026
"""What the choice of validation images follows from: the same for everybody, whatever the run."""

_STEMS = {
    ("train", "images"): "train-images-idx3-ubyte",
    ("train", "labels"): "train-labels-idx1-ubyte",
    ("test", "images"): "t10k-images-idx3-ubyte",
    ("test", "labels"): "t10k-labels-idx1-ubyte",
}
FILE_STEMS = tuple(_STEMS.values())


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of one size with their labels, split into training, validation and test.

    Attributes:
        train_images, test_images: (N, height, width) uint8, read-only, memory-mapped if possible.
        train_labels, test_labels: (N,) uint8, each below the number of classes.
        classes: names of the classes.
        directory: where it was loaded from; None for the built-in digits. To hand a data set to
            another process, hand over this and load it there, so that both map the same pages.
    """

    name: str
    train_images: Bytes
    train_labels: Bytes
    test_images: Bytes
    test_labels: Bytes
    classes: tuple[str, ...] = DIGITS
    directory: Path | None = None

    @cached_property
    def training_indices(self) -> npt.NDArray[np.int64]:
        """Indices into the training images that are trained on: the other nine tenths."""
        indices = np.arange(len(self.train_images), dtype=np.int64)
        return np.delete(indices, self.validation_indices)

    @cached_property
    def validation_indices(self) -> npt.NDArray[np.int64]:
        """Indices into the training images that are only ever validated on: a fixed random tenth.

        Every class has its share. MNIST's own order would not do: its even positions are harder.
        """
        return np.sort(shuffled_by_class(self.train_labels, VALIDATION_SEED)[::VALIDATION_EVERY])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of images, labels and class names: the same data has it wherever it lies."""
        total = hashlib.sha256("\n".join(self.classes).encode())
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            total.update(f"\n{array.shape}\n".encode())
            total.update(np.ascontiguousarray(array).data)
        return total.hexdigest()

    def with_digest(self, digest: str) -> Dataset:
        """The same, whose digest is known already: to read all of MNIST for it takes 0.2 s."""
        known = replace(self)
        vars(known)["digest"] = digest
        return known

    @property
    def shape(self) -> DataShape:
        """Size of an image and number of classes, as spec texts are checked against."""
        _, height, width = self.train_images.shape
        return DataShape(sx=width, sy=height, depth=1, classes=len(self.classes))


def shuffled_by_class(labels: Bytes, seed: int) -> npt.NDArray[np.int64]:
    """Indices of the labels (N,), class after class, each in a random order that follows from the
    seed: every n-th of them are a sample in which each class has its share.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    return shuffled[np.argsort(labels[shuffled], kind="stable")]


def load_builtin() -> Dataset:
    """The 4,000 training and 1,000 test digits that come with the program."""
    return replace(_load(SAMPLE_DIRECTORY, "built-in digits", cache=None), directory=None)


def load_directory(path: Path | str, *, cache: Path | None = None) -> Dataset:
    """Load a folder with the four files of MNIST, gzipped or not.

    A `classes.txt` beside them names the classes, one per line; without one they are the ten
    digits.

    Args:
        cache: where gzipped files are unpacked to; by default a folder in the user's cache.

    Raises:
        DataError: naming the file and what is wrong with it.
    """
    directory = Path(path)
    if not directory.is_dir():
        raise DataError(f"{directory}: there is no such folder")
    name = directory.resolve().name
    if name.casefold() == "mnist":
        name = "MNIST"
    return _load(directory, name, cache=cache_directory() / "unpacked" if cache is None else cache)


def cache_directory() -> Path:
    """The program's folder for what can be fetched again, such as the full MNIST in `mnist`."""
    return platformdirs.user_cache_path("convnet-live", appauthor=False)


def find_full_mnist(data_dir: Path | None = None) -> Path | None:
    """Folder of the data set to use, or None if there are only the built-in digits.

    A folder that the user names (`data_dir`, or CONVNET_LIVE_DATA) is returned unchecked, so that
    `load_directory` can say what is wrong with it. Next come the cache and, beside a checkout,
    `../shared/mnist`, each if it has all four files.
    """
    if data_dir is not None:
        return data_dir
    if named := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(named)
    return next((place for place in _places() if _is_complete(place)), None)


def _places() -> Iterator[Path]:
    yield cache_directory() / "mnist"
    root = Path(__file__).resolve().parents[2]
    if (root / "pyproject.toml").is_file():
        yield root.parent / "shared" / "mnist"


def _is_complete(directory: Path) -> bool:
    return all(_file(directory, stem).is_file() for stem in FILE_STEMS)


def _file(directory: Path, stem: str) -> Path:
    """The plain file if there is one, since it can be memory-mapped; else the gzipped one."""
    plain = directory / stem
    return plain if plain.is_file() else directory / f"{stem}.gz"


def _load(directory: Path, name: str, cache: Path | None) -> Dataset:
    classes = _read_classes(directory / "classes.txt")
    train = _load_part(directory, "train", classes, cache)
    test = _load_part(directory, "test", classes, cache)
    _check_images(directory, train[0], test[0])
    return Dataset(name, *train, *test, classes=classes or DIGITS, directory=directory)


def _load_part(
    directory: Path, part: str, classes: tuple[str, ...] | None, cache: Path | None
) -> tuple[Bytes, Bytes]:
    """Images and labels of the training or the test set."""
    images_path = _file(directory, _STEMS[part, "images"])
    labels_path = _file(directory, _STEMS[part, "labels"])
    images = read_idx(images_path, "images", cache)
    labels = read_idx(labels_path, "labels", cache)
    if len(images) != len(labels):
        raise DataError(
            f"{labels_path}: holds {len(labels)} labels, "
            f"but {images_path.name} holds {len(images)} images"
        )
    _check_labels(labels, labels_path, classes)
    return images, labels


def _read_classes(path: Path) -> tuple[str, ...] | None:
    """The names in `classes.txt`, or None where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    names = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not 2 <= len(names) <= 256:
        raise DataError(f"{path}: names {len(names)} classes; it must name 2 to 256")
    return names


def _check_labels(labels: Bytes, path: Path, classes: tuple[str, ...] | None) -> None:
    highest = int(labels.max())
    if classes is None and highest >= len(DIGITS):
        raise DataError(
            f"{path}: holds the label {highest}; more than ten classes need a classes.txt "
            "that names them"
        )
    if classes is not None and highest >= len(classes):
        raise DataError(
            f"{path}: holds the label {highest}, but classes.txt names {len(classes)} classes, "
            f"0 to {len(classes) - 1}"
        )


def _check_images(directory: Path, train: Bytes, test: Bytes) -> None:
    if train.shape[1:] != test.shape[1:]:
        sizes = ["x".join(map(str, images.shape[1:])) for images in (train, test)]
        path = _file(directory, _STEMS["test", "images"])
        raise DataError(
            f"{path}: its images are {sizes[1]}, but the training images are {sizes[0]}"
        )
    if len(train) < 2:
        path = _file(directory, _STEMS["train", "images"])
        raise DataError(
            f"{path}: holds a single image; at least two are needed, to train and to validate"
        )
