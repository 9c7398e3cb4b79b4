"""How good a network is: full tests in slices, and predictions averaged over crops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.data import Dataset, center_crops, random_crops
from engine.layers import Array
from engine.network.net import Net
from engine.network.passes import chunk_size, chunks

MOST_GUESSES = 10
"""For each image so many of the likeliest classes are kept, or as many as the network has."""


class Evaluation:
    """A test on many images, each cropped at its center, run a slice at a time.

    Attributes:
        examples: images tested so far.
        confusion: (classes, classes) counts so far, rows the truth, columns the prediction.
        guesses: (images, at most 10) uint16, the likeliest classes of each image, best first.
        probabilities: (images, at most 10) float32, how likely the network takes them to be.

    Of images that have not been tested yet the last two say nothing.
    """

    def __init__(self, net: Net, dataset: Dataset) -> None:
        """Test `net`, whose buffers are overwritten, on all test images."""
        self._net = net
        self._images, self._labels = dataset.test_images, dataset.test_labels
        classes = len(dataset.classes)
        self.examples = 0
        self.confusion = np.zeros((classes, classes), np.int64)
        ranked = (len(self._images), min(MOST_GUESSES, net.loss_layer.out_shape.size))
        self.guesses = np.zeros(ranked, np.uint16)
        self.probabilities = np.zeros(ranked, np.float32)

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
        self._predict(begin, end)
        predictions = self.guesses[begin:end, 0]
        # A network may have more outputs than the data set has classes; those are always wrong.
        known = predictions < len(self.confusion)
        truth = self._labels[begin:end]
        np.add.at(self.confusion, (truth[known], predictions[known]), 1)
        self.examples = end
        return self.done

    def _predict(self, begin: int, end: int) -> None:
        most = self.guesses.shape[1]
        for chunk in chunks(end - begin, chunk_size(self._net)):
            tested = slice(begin + chunk.start, begin + chunk.stop)
            crops = center_crops(self._images[tested], self._net.spec.input_shape)
            scores = self._net.forward(crops)
            best = np.argsort(-scores[:, 0, 0], axis=0, kind="stable")[:most]
            shares = self._net.as_probabilities(scores)
            self.guesses[tested] = best.T
            self.probabilities[tested] = np.take_along_axis(shares, best, axis=0).T


def predict(
    net: Net, images: npt.NDArray[np.uint8], rng: np.random.Generator, crops: int = 4
) -> Array:
    """Scores (N, classes) for images (N, h, w), averaged over random crops of each."""
    x = random_crops(images, net.spec.input_shape, rng, crops)
    scores = net.probabilities(x)
    # (classes, N * crops) -> (classes, N, crops) -> (N, classes)
    averaged: Array = scores.reshape(len(scores), len(images), crops).mean(axis=2).T
    return averaged
