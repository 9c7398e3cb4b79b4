"""Layers that rescale activations: across channels, or by the statistics of a batch."""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array, Layer, Shape
from engine.layers.maps import by_channel, channel_dots, channel_sums
from engine.options import Option, Options

GHOST_BATCH = 16
"""Examples that are normalized together while training, however large the batch."""


class LocalResponseNormalization(Layer):
    """y_i = x_i / (k + alpha/n * sum over the n channels around i of x_j^2) ^ beta.

    Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
    networks" (2012), section 3.3. At the edges the window is cut off; n is odd.
    """

    type = "lrn"
    help = "local response normalization over neighboring channels"
    declared = (
        Option("k", float, default=2.0, minimum=1e-6, maximum=1e6, help="added to the divisor"),
        Option(
            "n", int, default=5, minimum=1, maximum=1001, odd=True, help="channels in the sum, odd"
        ),
        Option("alpha", float, default=1e-4, minimum=0, maximum=1e6, help="weight of the sum"),
        Option("beta", float, default=0.75, minimum=0, maximum=100, help="power of the divisor"),
    )

    def forward(self, x: Array, *, training: bool = False) -> Array:
        k, n, alpha, beta = (self.options[key] for key in ("k", "n", "alpha", "beta"))
        self._x = x
        self._scale = k + (alpha / n) * self._window_sum(x * x)
        self._power = self._scale**-beta
        y: Array = x * self._power
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        # dx_j = dy_j s_j^-beta - 2 alpha beta/n x_j * sum over windows i holding j of
        # dy_i x_i s_i^(-beta-1); windows are symmetric, so the same sum serves both ways.
        n, alpha, beta = (self.options[key] for key in ("n", "alpha", "beta"))
        passed = dy * self._power
        spread = self._window_sum(passed * self._x / self._scale)
        dx: Array = passed - (2 * alpha * beta / n) * self._x * spread
        return dx

    def _window_sum(self, values: Array) -> Array:
        """Sum over the n channels around each channel, (C, H, W, B)."""
        total: Array = values.copy()
        for offset in range(1, min(self.options["n"] // 2, len(values) - 1) + 1):
            later, earlier = total[offset:], total[:-offset]
            later += values[:-offset]
            earlier += values[offset:]
        return total


class BatchNormalization(Layer):
    """y = scale * (x - mean) / sqrt(variance + eps) + shift, for each channel.

    Ioffe and Szegedy, "Batch normalization" (2015). While training, mean and variance are of the
    examples that go through the network at once, at most `GHOST_BATCH` (Hoffer, Hubara and Soudry,
    "Train longer, generalize better", 2017); prediction uses running averages. Scale and shift
    do not decay. ConvNetJS does not have this layer.
    """

    type = "batchnorm"
    help = "each channel to mean 0 and variance 1, then scaled and shifted as learned"
    ours = True
    mixes_examples = True
    declared = (
        Option(
            "memory",
            float,
            default=0.99,
            minimum=0,
            below=1,
            help="memory of the running averages that prediction uses",
        ),
        Option("eps", float, default=1e-5, minimum=1e-12, maximum=1, help="keeps divisions finite"),
    )

    @classmethod
    def parameter_shapes(cls, in_shape: Shape, options: Options) -> dict[str, tuple[int, ...]]:
        return {"scale": (in_shape.depth,), "shift": (in_shape.depth,)}

    @classmethod
    def state_shapes(cls, in_shape: Shape, options: Options) -> dict[str, tuple[int, ...]]:
        return {"mean": (in_shape.depth,), "variance": (in_shape.depth,)}

    def initialize(self, rng: np.random.Generator) -> None:
        self.params["scale"].fill(1)
        self.state["variance"].fill(1)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self._training = training
        count = x.dtype.type(x[0].size)
        mean, variance = self.state["mean"], self.state["variance"]
        if training:
            mean = channel_sums(x) / count
        centered = self._centered = self.maps("centered", x.shape, x.dtype)
        np.subtract(x, by_channel(mean, x), out=centered)
        if training:
            variance = channel_dots(centered, centered) / count
            memory = self.options["memory"]
            for kept, measured in (("mean", mean), ("variance", variance)):
                self.state[kept] *= memory
                self.state[kept] += (1 - memory) * measured
        self._inverse = 1 / np.sqrt(variance + x.dtype.type(self.options["eps"]))
        y = self.maps("y", x.shape, x.dtype)
        np.multiply(centered, by_channel(self.params["scale"] * self._inverse, x), out=y)
        y += by_channel(self.params["shift"], x)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        self.grads["shift"][...] = shift = channel_sums(dy)
        self.grads["scale"][...] = scale = channel_dots(dy, self._centered) * self._inverse
        factor = self.params["scale"] * self._inverse
        dx = self.maps("dx", dy.shape, dy.dtype)
        if self._training:
            # Mean and variance depend on x too: what they pass back is subtracted.
            count = dy.dtype.type(dy[0].size)
            np.multiply(self._centered, by_channel(-scale * self._inverse / count, dy), out=dx)
            dx += dy
            dx -= by_channel(shift / count, dy)
            dx *= by_channel(factor, dy)
        else:
            np.multiply(dy, by_channel(factor, dy), out=dx)
        return dx
