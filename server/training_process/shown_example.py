"""Which example the cards show: the newest that was trained on, one that stays, or the user's."""

from __future__ import annotations

import numpy as np

from engine.data import Batch, Dataset, center_crops
from engine.layers import Array
from engine.runs.training_run import TrainingRun
from server.protocol.example_choice import NEWEST, ExampleChoice, image_count
from server.protocol.kinds import Source


class ShownExample:
    """The example, and where it is from.

    Attributes:
        choice: what was asked for: `NEWEST`, or an example that is pinned.
    """

    def __init__(self, training: TrainingRun, dataset: Dataset) -> None:
        self.choice = NEWEST
        self._training = training
        self._dataset = dataset
        self._newest: Batch | None = None
        self._image: Array | None = None

    @property
    def index(self) -> int | None:
        """Its place among the images of its source, where it has one."""
        if self.choice.pinned or self._newest is None:
            return self.choice.index
        places = self._dataset.training_indices
        newest = int(self._newest.indices[-1])
        found = int(np.searchsorted(places, newest))
        return found if found < len(places) and places[found] == newest else None

    def choose(self, choice: ExampleChoice, pixels: bytes = b"") -> None:
        """Show this one from now on, the newest where there is none such.

        With `pixels`, gray levels row by row, it is the user's picture, where that is as large as
        the data's.
        """
        size = self._dataset.test_images.shape[1:]
        if choice.source is Source.IMAGE and len(pixels) == np.prod(size):
            self.choose_image(np.frombuffer(pixels, np.uint8).reshape(size))
            return
        if choice.source is Source.IMAGE:
            known = self._image is not None
        else:
            known = choice.index is None or choice.index < image_count(self._dataset, choice.source)
        self.choice = choice if known else NEWEST

    def choose_image(self, image: Array) -> None:
        """Show a picture of the user's, (h, w) uint8."""
        self._image = center_crops(image[np.newaxis], self._training.net.spec.input_shape)
        self.choice = ExampleChoice(Source.IMAGE)

    def trained_on(self, batch: Batch) -> None:
        """There are newer examples."""
        self._newest = batch

    def use(self, dataset: Dataset) -> None:
        """There are other images; one that is pinned by its place is another one now."""
        self._dataset = dataset
        self._newest = None
        self.choose(self.choice)

    def get(self) -> tuple[Array, int | None]:
        """The example, (C, H, W, 1), and its class; None of a picture of the user's."""
        if self.choice.source is Source.IMAGE:
            assert self._image is not None, "it was chosen"
            return self._image, None
        if self.choice.index is not None:
            return self._pinned(self.choice.source, self.choice.index)
        batch = self._newest
        # Before the first batch there is no newest example: a validation image stands in for it,
        # always the same, so that all cards show one example whenever they are looked at.
        if batch is None:
            batch = self._newest = self._training.sampler.next_validation(1)
        return np.ascontiguousarray(batch.x[..., -1:]), int(batch.labels[-1])

    def _pinned(self, source: Source, index: int) -> tuple[Array, int]:
        """An image of the data set, cropped at its center."""
        dataset = self._dataset
        images, labels = dataset.train_images, dataset.train_labels
        if source is Source.TEST:
            images, labels = dataset.test_images, dataset.test_labels
        elif source is Source.VALIDATION:
            index = int(dataset.validation_indices[index])
        else:
            index = int(dataset.training_indices[index])
        shape = self._training.net.spec.input_shape
        return center_crops(images[index : index + 1], shape), int(labels[index])
