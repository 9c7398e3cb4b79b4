"""How good a network is: full tests in slices, and predictions averaged over crops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.data import Dataset, center_crops, random_crops
from engine.layers import Array
from engine.network.net import Net
from engine.network.passes import chunk_size, chunks


class Evaluation:
    """A test on many images, each cropped at its center, run a slice at a time.

    Attributes:
        examples: images tested so far.
        confusion: (classes, classes) counts so far, rows the truth, columns the prediction.
    """

    def __init__(self, net: Net, dataset: Dataset) -> None:
        """Test `net`, whose buffers are overwritten, on all test images."""
        self._net = net
        self._images, self._labels = dataset.test_images, dataset.test_labels
        classes = len(dataset.classes)
        self.examples = 0
        self.confusion = np.zeros((classes, classes), np.int64)

    @property
    def done(self) -> bool:
        """Whether every image has been tested."""
        return self.examples >= len(self._images)

    @property
    def accuracy(self) -> float:
        """Share of the tested images that were classified correctly; 0 before the first."""
        return float(self.confusion.trace()) / max(1, self.examples)

    def run(self, count: int | None = None) -> bool:
        """Test the next `count` images, or all that are left; returns whether the test is done."""
        end = len(self._images)
        if count is not None:
            end = min(end, self.examples + count)
        begin = self.examples
        predictions = self._predict(begin, end)
        # A network may have more outputs than the data set has classes; those are always wrong.
        known = predictions < len(self.confusion)
        truth = self._labels[begin:end]
        np.add.at(self.confusion, (truth[known], predictions[known]), 1)
        self.examples = end
        return self.done

    def _predict(self, begin: int, end: int) -> Array:
        predicted = np.empty(end - begin, np.int64)
        for chunk in chunks(len(predicted), chunk_size(self._net)):
            images = self._images[begin + chunk.start : begin + chunk.stop]
            scores = self._net.forward(center_crops(images, self._net.spec.input_shape))
            predicted[chunk] = scores[:, 0, 0].argmax(axis=0)
        return predicted


def predict(
    net: Net, images: npt.NDArray[np.uint8], rng: np.random.Generator, crops: int = 4
) -> Array:
    """Scores (N, classes) for images (N, h, w), averaged over random crops of each."""
    x = random_crops(images, net.spec.input_shape, rng, crops)
    scores = net.probabilities(x)
    # (classes, N * crops) -> (classes, N, crops) -> (N, classes)
    averaged: Array = scores.reshape(len(scores), len(images), crops).mean(axis=2).T
    return averaged
