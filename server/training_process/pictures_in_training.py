"""A session's added pictures in one run: mixed into its training, and asked about as it learns."""

from __future__ import annotations

import numpy as np

from engine.data import Dataset, center_crops
from engine.data.added_pictures import AddedPictures
from engine.network.net import Net
from engine.runs.training_run import TrainingRun
from server.protocol.added_pictures import SIDE, AddedPicture
from server.protocol.events import Added


class PicturesInTraining:
    """Those of the pictures that fit the data in use; the others wait for data that they fit."""

    def __init__(self, training: TrainingRun, dataset: Dataset) -> None:
        self._training, self._dataset = training, dataset
        self._all: tuple[AddedPicture, ...] = ()
        self._used: tuple[AddedPicture, ...] = ()

    def __len__(self) -> int:
        return len(self._used)

    def use(
        self, pictures: tuple[AddedPicture, ...] | None = None, dataset: Dataset | None = None
    ) -> None:
        """Train on other pictures from now on, or beside other data."""
        self._all = self._all if pictures is None else pictures
        self._dataset = dataset or self._dataset
        fit = self._dataset.train_images.shape[1:] == (SIDE, SIDE)
        classes = len(self._dataset.classes)
        self._used = tuple(each for each in self._all if fit and each.label < classes)
        self._training.added = self._mixed() if self._used else None

    def _mixed(self) -> AddedPictures:
        pixels = b"".join(each.pixels for each in self._used)
        images = np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE)
        return AddedPictures(images, np.array([each.label for each in self._used], np.int64))

    def asked(self, run_id: int, net: Net) -> Added:
        """What `net` takes each for, cropped at its center."""
        ids = tuple(each.id for each in self._used)
        return Added(run_id, ids, tuple(each.label for each in self._used), self._guesses(net))

    def _guesses(self, net: Net) -> tuple[int, ...]:
        if (added := self._training.added) is None:
            return ()
        guesses: list[int] = []
        size = self._training.at_once(len(added))
        for begin in range(0, len(added), size):
            x = center_crops(added.images[begin : begin + size], net.spec.input_shape)
            guesses += net.forward(x)[:, 0, 0].argmax(axis=0).tolist()
        return tuple(guesses)
