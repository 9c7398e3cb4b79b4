"""Which images excite the filters of a layer most, and by which of their patches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.analysis.excitement import excitement, layer_asked
from engine.analysis.receptive_field import Field, receptive_field
from engine.data import center_crops
from engine.data.idx import Bytes
from engine.layers import Array
from engine.network.net import Net, quiet
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
    """Runs images through a network and keeps the best nine for every channel of every layer.

    An image counts by the largest `excitement` in the channel's map; of equal ones the earlier
    image comes first. After Zeiler and Fergus, "Visualizing and understanding convolutional
    networks" (2014), who show the nine strongest activations of a feature map.

    Attributes:
        examples: images run so far.
    """

    def __init__(self, net: Net, images: Bytes) -> None:
        """Search `images` (N, h, w); `net` must keep its weights, its buffers are overwritten."""
        self._net, self._images = net, images
        self.examples = 0
        self._best = [_Best(layer.out_shape.depth) for layer in net.layers[:-1]]

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

    def best(self, layer: int, channel: int) -> list[Excitement]:
        """What excites this channel most, the strongest first, of the images run so far.

        Of the loss: what excites the scores that it compares.
        """
        layer = layer_asked(self._net, layer)
        best = self._best[layer]
        images, values = best.images[channel], best.values[channel]
        if not len(images):
            return []
        y = forward_to(self._net, layer, self._crops(images))
        y = _finite(excitement(self._net, layer, y)[channel])
        # (H, W, B) -> (H*W, B)
        peaks = y.reshape(-1, y.shape[2]).argmax(axis=0)
        across = self._net.layers[layer].out_shape.sx
        fields = [receptive_field(self._net, layer, *divmod(int(peak), across)) for peak in peaks]
        return [
            Excitement(int(image), float(value), field)
            for image, value, field in zip(images, values, fields, strict=True)
        ]

    @quiet
    def _run_chunk(self, count: int) -> None:
        images = np.arange(self.examples, self.examples + count)
        self._net.forward(self._crops(images))
        for index, best in enumerate(self._best):
            y = excitement(self._net, index, self._net.outputs[index])
            # Along columns first, then along rows: NumPy is slower over both at once.
            best.add(images, _finite(y.max(axis=1).max(axis=1)))
        self.examples += count

    def _crops(self, images: Array) -> Array:
        return center_crops(self._images[images], self._net.spec.input_shape)


class _Best:
    """The images that excite each channel of a layer most.

    Attributes:
        images, values: (channels, up to nine), the strongest first.
    """

    def __init__(self, channels: int) -> None:
        self.images = np.empty((channels, 0), np.int64)
        self.values = np.empty((channels, 0), np.float32)

    def add(self, images: Array, values: Array) -> None:
        """Take in images (B,), later ones than before, and their values (channels, B)."""
        values = np.concatenate([self.values, values], axis=1)
        images = np.concatenate(
            [self.images, np.broadcast_to(images, (len(values), len(images)))], axis=1
        )
        order = np.argsort(-values, axis=1, kind="stable")[:, :MOST]
        self.values = np.take_along_axis(values, order, axis=1)
        self.images = np.take_along_axis(images, order, axis=1)


def _finite(values: Array) -> Array:
    """Huge weights can make NaN of an image: it then counts as exciting nothing."""
    return np.nan_to_num(values, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
