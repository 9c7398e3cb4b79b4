"""Draws batches: shuffled epochs of crops to train on, random images to validate and test on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.bounded_numbers import bounded_whole_number, count
from engine.data.added_pictures import AddedPictures
from engine.data.crops import Cropper, Floats
from engine.data.dataset import Dataset
from engine.data.idx import Bytes
from engine.layers.base import Shape

Indices = npt.NDArray[np.int64]

_DECIMAL = re.compile(r"[0-9]{1,39}")
_STREAMS = ("order", "training", "validation", "test")


@dataclass(frozen=True, eq=False)
class Batch:
    """Examples as a network takes them.

    Attributes:
        x: (1, sy, sx, B) float32 in [-0.5, 0.5].
        labels: (B,) int64.
        indices: (B,) int64, their places in `source`; -1 of an added picture, which is not there.
        source: (N, h, w) uint8, the images they were cropped from.
    """

    x: Floats
    labels: Indices
    indices: Indices
    source: Bytes = field(repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def images(self) -> Bytes:
        """The whole images (B, h, w) uint8."""
        return self.source[self.indices]


@dataclass(frozen=True, slots=True, eq=False)
class _Epoch:
    """One order of the training images, and the state of the stream before and after drawing it."""

    order: Indices
    before: dict[str, Any]
    after: Mapping[str, Any]


class SamplerMark(NamedTuple):
    """Where in its training images a sampler was."""

    epoch: _Epoch
    epochs_done: int
    position: int
    crops: Mapping[str, Any]


class Sampler:
    """Draws from one data set for one input layer.

    Four random streams are spawned from `rng`: the order of an epoch, training crops, validation
    and test. So validating and testing, however often, does not change what is trained on.
    """

    def __init__(self, dataset: Dataset, input_shape: Shape, rng: np.random.Generator) -> None:
        self._dataset, self._input_shape = dataset, input_shape
        self._train = Cropper(dataset.train_images, input_shape)
        self._test = Cropper(dataset.test_images, input_shape)
        self._streams = dict(zip(_STREAMS, rng.spawn(len(_STREAMS)), strict=True))
        self._epochs_done = 0
        self._start_epoch()

    @property
    def epoch(self) -> float:
        """How many times each training image has been seen, on average."""
        return self._epochs_done + self._position / len(self._epoch.order)

    def next_batch(
        self, count: int, augment: float = 0, added: AddedPictures | None = None
    ) -> Batch:
        """The next `count` training images in the epoch's order, continuing into the next epoch.

        Args:
            augment: how far they are distorted at most, see `engine.data.distortion`.
            added: take the places of as many of them, the first of the batch.
        """
        if added is None:
            return self._next_of_data(count, augment)
        rest = count - len(added)
        return self._mixed(added, self._next_of_data(rest, augment) if rest else None, augment)

    def next_validation(self, count: int) -> Batch:
        """Random validation images, randomly cropped."""
        stream = self._streams["validation"]
        indices = self._dataset.validation_indices
        return self._train_batch(indices[stream.integers(len(indices), size=count)], stream)

    def validation_from(self, first: int, count: int) -> Batch:
        """Validation images in their order, from the one at `first` on, then from the beginning.

        Cropped at their center: nothing is drawn at random, so that looking changes nothing.
        """
        all_of_them = self._dataset.validation_indices
        indices = all_of_them.take(range(first, first + count), mode="wrap")
        x = self._train.center(indices)
        labels = self._dataset.train_labels[indices].astype(np.int64)
        return Batch(x, labels, indices, self._dataset.train_images)

    def next_test(self, count: int) -> Batch:
        """Random test images, randomly cropped."""
        stream, dataset = self._streams["test"], self._dataset
        indices = stream.integers(len(dataset.test_images), size=count)
        labels = dataset.test_labels[indices].astype(np.int64)
        return Batch(self._test.random(indices, stream), labels, indices, dataset.test_images)

    def mark(self) -> SamplerMark:
        """What `return_to` needs; much cheaper than `state`."""
        crops = self._streams["training"].bit_generator.state
        return SamplerMark(self._epoch, self._epochs_done, self._position, crops)

    def return_to(self, mark: SamplerMark) -> None:
        """Draw the same training examples again as after `mark` was taken from this sampler."""
        self._epoch, self._epochs_done = mark.epoch, mark.epochs_done
        self._position = mark.position
        self._streams["order"].bit_generator.state = mark.epoch.after
        self._streams["training"].bit_generator.state = mark.crops

    def state(self) -> dict[str, Any]:
        """What `restore` needs to continue exactly from here; can be written as JSON."""
        return {
            "training_images": len(self._epoch.order),
            "epochs_done": self._epochs_done,
            "position": self._position,
            "epoch_start": self._epoch.before,
            **{name: generator_state(stream) for name, stream in self._streams.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue exactly where the sampler was that returned this `state`.

        Raises:
            ValueError: the state is malformed, or of a data set of another size; then nothing has
                changed.
        """
        size = len(self._epoch.order)
        if state.get("training_images") != size:
            raise ValueError(
                f"the state of a sampler of {state.get('training_images')!r} training images "
                f"does not fit {size}"
            )
        epochs = count(state.get("epochs_done"), "epochs_done")
        position = bounded_whole_number(state.get("position"), "position", size)
        streams = {name: generator_from_state(state.get(name)) for name in _STREAMS}
        order = generator_from_state(state.get("epoch_start"))
        self._streams["order"] = order
        self._start_epoch()
        self._streams, self._epochs_done, self._position = streams, epochs, position
        self._epoch = replace(self._epoch, after=streams["order"].bit_generator.state)

    def _start_epoch(self) -> None:
        stream = self._streams["order"]
        # Kept instead of the permutation that follows from it, which would make states large.
        before = generator_state(stream)
        order = stream.permutation(self._dataset.training_indices)
        self._epoch = _Epoch(order, before, stream.bit_generator.state)
        self._position = 0

    def _next_of_data(self, count: int, augment: float) -> Batch:
        pieces = [self._take(count)]
        while missing := count - sum(map(len, pieces)):
            self._epochs_done += 1
            self._start_epoch()
            pieces.append(self._take(missing))
        indices = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        return self._train_batch(indices, self._streams["training"], augment)

    def _mixed(self, added: AddedPictures, rest: Batch | None, augment: float) -> Batch:
        cropper = Cropper(added.images, self._input_shape)
        own = np.arange(len(added))
        x = cropper.random(own, self._streams["training"], augment)
        first = Batch(x, added.labels, np.full_like(own, -1), self._dataset.train_images)
        if rest is None:
            return first
        return Batch(
            np.concatenate([first.x, rest.x], axis=-1),
            np.concatenate([first.labels, rest.labels]),
            np.concatenate([first.indices, rest.indices]),
            rest.source,
        )

    def _take(self, count: int) -> Indices:
        taken: Indices = self._epoch.order[self._position : self._position + count]
        self._position += len(taken)
        return taken

    def _train_batch(
        self, indices: Indices, stream: np.random.Generator, augment: float = 0
    ) -> Batch:
        x = self._train.random(indices, stream, augment)
        labels = self._dataset.train_labels[indices].astype(np.int64)
        return Batch(x, labels, indices, self._dataset.train_images)


def generator_state(rng: np.random.Generator) -> dict[str, Any]:
    """State of a generator over PCG64; its 128-bit numbers as text, so that JSON keeps them."""
    state = rng.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise TypeError(
            f"only the state of PCG64 generators can be kept, not of {state['bit_generator']}"
        )
    return {
        "state": str(state["state"]["state"]),
        "inc": str(state["state"]["inc"]),
        "has_uint32": int(state["has_uint32"]),
        "uinteger": int(state["uinteger"]),
    }


def generator_from_state(state: object) -> np.random.Generator:
    """A generator that continues from a `generator_state`.

    Raises:
        ValueError: the state is malformed, or one that returns to itself too soon.
    """
    if not isinstance(state, Mapping):
        raise ValueError("malformed state of a random generator (not an object)")
    increment = _number_of_128_bits(state, "inc")
    if increment % 2 == 0:
        # Only with an odd one does PCG64 go through all its states: with two zeros it stands
        # still, and whoever draws until a number fits draws for ever.
        raise ValueError("malformed state of a random generator (inc must be odd)")
    bits = np.random.PCG64()
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": _number_of_128_bits(state, "state"), "inc": increment},
        "has_uint32": bounded_whole_number(state.get("has_uint32"), "has_uint32", 1),
        "uinteger": bounded_whole_number(state.get("uinteger"), "uinteger", 2**32 - 1),
    }
    return np.random.Generator(bits)


def _number_of_128_bits(state: Mapping[str, Any], key: str) -> int:
    text = state.get(key)
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text) or int(text) >= 2**128:
        raise ValueError(f"malformed state of a random generator ({key} is {text!r:.60})")
    return int(text)
