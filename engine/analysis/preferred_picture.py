"""The picture that a filter or a class looks for, drawn by the network itself."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.analysis.excitement import excitement, layer_asked
from engine.analysis.receptive_field import receptive_field
from engine.analysis.slices import Slices
from engine.layers import Array
from engine.layers.pool import MaxPool
from engine.network.net import Net
from engine.network.part_way import forward_to, input_gradient

STEPS, COPIES = 30, 4
STRIDE, LAST_STRIDE = 0.08, 0.02
"""How far the pixels that a unit sees go in the first and the last step: their root mean square.

White is 0.5."""
DECAY, NOISE, SHIFT, BLUR, LAST_BLUR = 0.03, 0.1, 2, 1.5, 0.9
"""For what sees the whole image; less for what sees less. Shares of the way to gray in a step;
standard deviation of what is added; pixels; standard deviations in pixels."""
SHARP = 5
"""Filters that see so many pixels, or fewer, are drawn pixel by pixel."""


class Preferred(NamedTuple):
    """A picture (h, w) of what a unit sees, -0.5 black and 0.5 white, and how it excites it."""

    picture: Array
    value: float


def preferred_picture(net: Net, layer: int, channel: int) -> Slices[Preferred | None]:
    """Climb from gray to a picture that excites a channel of a layer as much as can be.

    Gradient ascent on the pixels: Erhan, Bengio, Courville and Vincent, "Visualizing higher-layer
    features of a deep network" (2009); for a class on its score, Simonyan, Vedaldi and Zisserman,
    "Deep inside convolutional networks" (2014), here above the mean of all classes' scores, since
    nothing but their differences matters. To be readable it must not be made of tricks that hang
    on single pixels: gradients are blurred and pixels decay (Yosinski et al., "Understanding neural
    networks through deep visualization", 2015), averaged over shifted copies (Mordvintsev, Olah and
    Tyka, "Inceptionism", 2015) with some noise (Smilkov et al., "SmoothGrad", 2017). The smaller
    the part of the image that a unit sees, the less of all this; the same each time.

    Args:
        net: keeps its weights until the end; its buffers and gradients are overwritten.

    Returns:
        None where nothing excites it: no gradient reaches the image.
    """
    source = _source(net, layer_asked(net, layer))
    _, height, width = net.layers[source].out_shape.array
    row, column = height // 2, width // 2
    top, bottom, left, right = receptive_field(net, source, row, column)
    x = np.zeros((*net.spec.input_shape.array, 1), net.params.dtype)
    seen = min(max(bottom - top, right - left), max(x.shape[1:3]))
    care = _care(seen, max(x.shape[1:3]))
    ascent = _Ascent(net, source, (channel, row, column), care)
    for step in range(STEPS):
        yield
        gradient = ascent.gradient(x, step)
        length = np.sqrt(np.sum(gradient * gradient) / seen**2)
        if not 0 < length < np.inf:
            return None
        stride = STRIDE + (LAST_STRIDE - STRIDE) * step / (STEPS - 1)
        x = np.clip((x + gradient * (stride / length)) * (1 - DECAY * care), -0.5, 0.5).astype(
            x.dtype
        )
    asked = layer_asked(net, layer)
    value = excitement(net, asked, forward_to(net, asked, x))[channel].max()
    return Preferred(_cut(x[0, ..., 0], (top, bottom, left, right)), float(value))


def _source(net: Net, layer: int) -> int:
    """The layer whose number is raised: what excites an activation excites what it is computed of.

    So does the largest number of a pooling's window. And where these are 0, they have no gradient.
    """
    while layer > 0 and (net.layers[layer].monotonic or isinstance(net.layers[layer], MaxPool)):
        layer -= 1
    return layer


def _care(seen: int, size: int) -> float:
    """From 0 for small filters to 1 for what sees the whole image: how much to smooth."""
    return min(1.0, max(0.0, (seen - SHARP) / max(1, size - SHARP)))


class _Ascent:
    """Gradients of one unit by its image, smoothed."""

    def __init__(self, net: Net, layer: int, unit: tuple[int, int, int], care: float) -> None:
        self._net, self._layer, self._unit, self._care = net, layer, unit, care
        self._rng = np.random.default_rng(0)

    def gradient(self, x: Array, step: int) -> Array:
        """The mean over shifted, noisy copies of x (C, H, W, 1), blurred."""
        shift = round(SHIFT * self._care)
        shifts = self._rng.integers(-shift, shift + 1, (COPIES, 2))
        copies = np.concatenate([np.roll(x, shift, (1, 2)) for shift in shifts], axis=3)
        copies += NOISE * self._care * self._rng.standard_normal(copies.shape)
        y = forward_to(self._net, self._layer, copies)
        back = input_gradient(self._net, self._layer, self._raised(y))
        gradient = np.mean(
            [np.roll(back[..., i], -shift, (1, 2)) for i, shift in enumerate(shifts)], axis=0
        )
        sigma = self._care * (BLUR + (LAST_BLUR - BLUR) * step / (STEPS - 1))
        _, height, width, _ = x.shape
        blurred: Array = _blur(height, sigma) @ gradient @ _blur(width, sigma)
        return blurred[..., None]

    def _raised(self, y: Array) -> Array:
        channel, row, column = self._unit
        dy = np.zeros_like(y)
        dy[channel, row, column] = 1
        return excitement(self._net, self._layer, dy)


def _blur(size: int, sigma: float) -> Array:
    """The matrix (size, size) that blurs one axis by a Gaussian of `sigma` pixels."""
    if sigma == 0:
        return np.eye(size)
    distances = np.subtract.outer(np.arange(size), np.arange(size))
    weights = np.exp(-0.5 * (distances / sigma) ** 2)
    blur: Array = weights / weights.sum(axis=0)
    return blur


def _cut(picture: Array, field: tuple[int, int, int, int]) -> Array:
    """What a unit sees of a picture (H, W): gray beyond the edges, the whole if it sees as much."""
    top, bottom, left, right = field
    height, width = picture.shape
    if bottom - top >= height and right - left >= width:
        return picture
    reach = max(bottom - top, right - left)
    framed = np.pad(picture, reach)
    return framed[top + reach : bottom + reach, left + reach : right + reach]
