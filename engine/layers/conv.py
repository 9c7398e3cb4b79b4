"""Convolution as one matrix product over copied patches (im2col)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engine.layers.base import Array, Layer, Option, Options, Shape
from engine.layers.weights import WEIGHT_OPTIONS, draw_weights, weight_decay
from engine.layers.windows import window_counts, window_options


class Conv(Layer):
    """y[f, i, j] = b[f] + sum over c, u, v of w[f, c, u, v] * x[c, i*stride+u-pad, j*stride+v-pad].

    Convolution as networks use it (a cross-correlation); see Chellapilla, Puri and Simard, "High
    performance convolutional neural networks for document processing" (2006), for the product.
    """

    type = "conv"
    declared = (
        *window_options(stride=1),
        Option("filters", int, minimum=1, help="how many filters"),
        *WEIGHT_OPTIONS,
    )

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        across, down = window_counts(cls.type, in_shape, options)
        return Shape(across, down, options["filters"])

    @classmethod
    def parameter_shapes(cls, in_shape: Shape, options: Options) -> dict[str, tuple[int, ...]]:
        filters = options["filters"]
        return {
            "weights": (filters, in_shape.depth, options["sy"], options["sx"]),
            "biases": (filters,),
        }

    @classmethod
    def decay(cls, options: Options) -> dict[str, tuple[float, float]]:
        return weight_decay(options)

    def initialize(self, rng: np.random.Generator) -> None:
        draw_weights(self, rng)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        weights, biases = self.params["weights"], self.params["biases"]
        patches = self._patches(x)
        sx, sy, filters = self.out_shape
        batch = x.shape[3]
        y = self.buffer("y", (filters, sy * sx * batch), x.dtype)
        # (filters, C*kh*kw) @ (C*kh*kw, H*W*B)
        np.matmul(weights.reshape(filters, -1), patches, out=y)
        y += biases[:, None]
        return y.reshape(filters, sy, sx, batch)

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        weights = self.params["weights"]
        filters, batch = len(weights), dy.shape[3]
        dy = dy.reshape(filters, -1)
        patches = self._buffers["patches"].reshape(weights[0].size, -1)
        # (filters, H*W*B) @ (H*W*B, C*kh*kw)
        np.matmul(dy, patches.T, out=self.grads["weights"].reshape(filters, -1))
        np.sum(dy, axis=1, out=self.grads["biases"])
        if not need_dx:
            return None
        # The patches have done their work: their gradient takes their place in the cache.
        np.matmul(weights.reshape(filters, -1).T, dy, out=patches)
        return self._scatter(batch)

    def _patches(self, x: Array) -> Array:
        """The windows of `x` as columns: (C*kh*kw, H*W*B), H and W those of the output."""
        depth, height, width, batch = x.shape
        kernel_x, kernel_y, stride, pad = self._geometry
        if pad:
            padded = self.buffer(
                "padded", (depth, height + 2 * pad, width + 2 * pad, batch), x.dtype
            )
            padded[:, pad : pad + height, pad : pad + width] = x
            x = padded
        out = self.out_shape
        # One strided copy: its innermost runs are whole rows of pixels times the batch.
        c, h, w, b = x.strides
        windows = as_strided(
            x,
            (depth, kernel_y, kernel_x, out.sy, out.sx, batch),
            (c, h, w, h * stride, w * stride, b),
            writeable=False,
        )
        patches = self.buffer("patches", windows.shape, x.dtype)
        np.copyto(patches, windows)
        return patches.reshape(depth * kernel_y * kernel_x, -1)

    def _scatter(self, batch: int) -> Array:
        """Add the patches' gradients back onto the pixels that they were copied from (col2im)."""
        patches = self._buffers["patches"]
        kernel_x, kernel_y, stride, pad = self._geometry
        depth, height, width = self.in_shape.array
        dx = self.buffer("dx", (depth, height + 2 * pad, width + 2 * pad, batch), patches.dtype)
        dx.fill(0)
        rows, columns = stride * self.out_shape.sy, stride * self.out_shape.sx
        for u in range(kernel_y):
            for v in range(kernel_x):
                dx[:, u : u + rows : stride, v : v + columns : stride] += patches[:, u, v]
        return dx[:, pad : pad + height, pad : pad + width]

    @property
    def _geometry(self) -> tuple[int, int, int, int]:
        sx, sy, stride, pad = (self.options[key] for key in ("sx", "sy", "stride", "pad"))
        return sx, sy, stride, pad
