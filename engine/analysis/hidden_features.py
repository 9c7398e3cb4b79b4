"""What the last hidden layer makes of some test images, computed a slice at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.data import Dataset, center_crops, shuffled_by_class
from engine.layers import Array
from engine.network.net import Net
from engine.network.passes import chunk_size, chunks

MOST_FEATURES = 2_500
"""Of a wider layer so many are taken, always the same, drawn at random: 10 MB of 1,000 images."""
CHOICE_SEED = 2026

Indices = npt.NDArray[np.int64]


def last_hidden_layer(net: Net) -> int:
    """Index of the layer whose outputs the network tells the classes by.

    That is what the last layer with weights is given: the input, where nothing is hidden.
    """
    learning = [index for index, layer in enumerate(net.layers) if "weights" in layer.params]
    return max(0, learning[-1] - 1) if learning else 0


def choose_test_images(dataset: Dataset, most: int) -> Indices:
    """Sorted indices of at most so many test images: the same for everybody, whatever the run.

    Every class has its share.
    """
    by_class = shuffled_by_class(dataset.test_labels, CHOICE_SEED)
    count = min(most, len(by_class))
    return np.sort(by_class[np.arange(count) * len(by_class) // count])


class HiddenFeatures:
    """The features of some test images, each cropped at its center, run a slice at a time.

    Attributes:
        values: (features, images) float32; those of the first `examples` images are known.
        guesses: (images,) the class with the highest score of each.
        examples: images run so far.
        layer: index of the last hidden layer.
        width: features of that layer, of which `values` may be a choice.
    """

    def __init__(self, net: Net, dataset: Dataset, indices: Indices) -> None:
        """Look at the test images at `indices` through `net`, whose buffers are overwritten."""
        self._net = net
        self._images = dataset.test_images
        self._indices = indices
        self.layer = last_hidden_layer(net)
        self.width = net.layers[self.layer].out_shape.size
        self._taken = _taken(self.width)
        self.values = np.empty((min(self.width, MOST_FEATURES), len(indices)), np.float32)
        self.guesses = np.zeros(len(indices), np.int64)
        self.examples = 0

    @property
    def done(self) -> bool:
        """Whether every image has been run."""
        return self.examples >= len(self._indices)

    def run(self, count: int | None = None) -> bool:
        """Run the next `count` images, or all that are left; returns whether all are done."""
        begin, end = self.examples, len(self._indices)
        if count is not None:
            end = min(end, begin + count)
        for chunk in chunks(end - begin, chunk_size(self._net)):
            self._run(slice(begin + chunk.start, begin + chunk.stop))
        self.examples = end
        return self.done

    def _run(self, part: slice) -> None:
        images = self._images[self._indices[part]]
        scores = self._net.forward(center_crops(images, self._net.spec.input_shape))
        self.guesses[part] = scores[:, 0, 0].argmax(axis=0)
        # (C, H, W, B) -> (C*H*W, B)
        features = self._net.outputs[self.layer].reshape(self.width, -1)
        self.values[:, part] = features[self._taken]


def _taken(width: int) -> slice | Array:
    """Which of so many features are looked at."""
    if width <= MOST_FEATURES:
        return slice(None)
    rng = np.random.default_rng(CHOICE_SEED)
    return np.sort(rng.choice(width, MOST_FEATURES, replace=False))
