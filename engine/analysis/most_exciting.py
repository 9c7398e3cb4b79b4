"""Which images excite the filters of a layer most, and by which of their patches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.analysis.receptive_field import Field, receptive_field
from engine.data import center_crops
from engine.data.idx import Bytes
from engine.layers import Array
from engine.network.net import Net
from engine.network.part_way import forward_to
from engine.network.passes import chunk_size, chunks

MOST = 9
"""Images kept for each channel."""


class Excitement(NamedTuple):
    """An image, how strongly a channel answers to its center crop, and where in the crop."""

    image: int
    value: float
    field: Field


class ExcitementSearch:
    """Runs images through a network and keeps, for every channel of one layer, the best nine.

    An image counts by the largest number in the channel's map; of equal ones the earlier image
    comes first. After Zeiler and Fergus, "Visualizing and understanding convolutional networks"
    (2014), who show the nine strongest activations of a feature map.

    Attributes:
        examples: images run so far.
    """

    def __init__(self, net: Net, layer: int, images: Bytes) -> None:
        """Search `images` (N, h, w) for what excites the layer with this index.

        `net` must keep its weights until the search is done; its buffers are overwritten.
        """
        self._net, self._layer, self._images = net, layer, images
        self.examples = 0
        channels = net.layers[layer].out_shape.depth
        self._values = np.empty((channels, 0), np.float32)
        self._places = np.empty((channels, 0), np.int64)

    @property
    def done(self) -> bool:
        """Whether every image has been run."""
        return self.examples >= len(self._images)

    def run(self, count: int | None = None) -> bool:
        """Run the next `count` images, or all that are left; returns whether the search is done."""
        left = len(self._images) - self.examples
        for chunk in chunks(left if count is None else min(count, left), chunk_size(self._net)):
            self._run_chunk(chunk.stop - chunk.start)
        return self.done

    def best(self, channel: int) -> list[Excitement]:
        """What excites this channel most, the strongest first, of the images run so far."""
        images = self._places[channel]
        if not len(images):
            return []
        y = forward_to(self._net, self._layer, self._crops(images))[channel]
        # (H, W, B) -> (H*W, B)
        peaks = _finite(y).reshape(-1, y.shape[2]).argmax(axis=0)
        return [
            Excitement(int(image), float(value), self._field(int(peak)))
            for image, value, peak in zip(images, self._values[channel], peaks, strict=True)
        ]

    def _run_chunk(self, count: int) -> None:
        places = np.arange(self.examples, self.examples + count)
        y = forward_to(self._net, self._layer, self._crops(places))
        # The maximum along whole rows first: they lie together in memory.
        peaks = _finite(y.max(axis=1).max(axis=1))
        values = np.concatenate([self._values, peaks], axis=1)
        rows = np.broadcast_to(places, peaks.shape)
        images = np.concatenate([self._places, rows], axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :MOST]
        self._values = np.take_along_axis(values, order, axis=1)
        self._places = np.take_along_axis(images, order, axis=1)
        self.examples += count

    def _crops(self, places: Array) -> Array:
        return center_crops(self._images[places], self._net.spec.input_shape)

    def _field(self, peak: int) -> Field:
        row, column = divmod(peak, self._net.layers[self._layer].out_shape.sx)
        return receptive_field(self._net, self._layer, row, column)


def _finite(values: Array) -> Array:
    """Huge weights can make NaN of an image: it then counts as exciting nothing."""
    return np.nan_to_num(values, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
