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
        filters = len(weights)
        flat = dy.reshape(filters, -1)
        patches = self._buffers["patches"].reshape(weights[0].size, -1)
        # (C*kh*kw, H*W*B) @ (H*W*B, filters): a tenth faster than the transposed product.
        gradient = self.buffer("gradient", (len(patches), filters), dy.dtype)
        np.matmul(patches, flat.T, out=gradient)
        self.grads["weights"].reshape(filters, -1)[...] = gradient.T
        np.sum(flat, axis=1, out=self.grads["biases"])
        if not need_dx:
            return None
        return self._gather(dy) if self.options["stride"] == 1 else self._scatter(dy)

    def _patches(self, x: Array) -> Array:
        """The windows of `x` as columns: (C*kh*kw, H*W*B), H and W those of the output."""
        pad, out = self.options["pad"], self.out_shape
        return self._columns("patches", x, (pad, pad), self.options["stride"], (out.sy, out.sx))

    def _gather(self, dy: Array) -> Array:
        """The input's gradient where the stride is 1: dy convolved with the mirrored filters.

        Copying patches of dy and multiplying takes three quarters of the time of `_scatter`.
        """
        kernel_x, kernel_y, pad = (self.options[key] for key in ("sx", "sy", "pad"))
        depth, height, width = self.in_shape.array
        border = (kernel_y - 1 - pad, kernel_x - 1 - pad)
        columns = self._columns("gradient patches", dy, border, 1, (height, width))
        # (filters, C, kh, kw), mirrored -> (C, filters*kh*kw)
        mirrored = self.params["weights"][:, :, ::-1, ::-1].swapaxes(0, 1).reshape(depth, -1)
        dx = self.buffer("dx", (depth, columns.shape[1]), dy.dtype)
        return np.matmul(mirrored, columns, out=dx).reshape(depth, height, width, -1)

    def _scatter(self, dy: Array) -> Array:
        """The input's gradient for any stride: the patches' gradients, put back and added up."""
        weights, out = self.params["weights"], self.out_shape
        kernel_x, kernel_y, stride, pad = (
            self.options[key] for key in ("sx", "sy", "stride", "pad")
        )
        depth, height, width = self.in_shape.array
        # The patches have done their work: their gradient takes their place.
        patches = self._buffers["patches"]
        flat = patches.reshape(weights[0].size, -1)
        np.matmul(weights.reshape(len(weights), -1).T, dy.reshape(len(weights), -1), out=flat)
        shape = (depth, height + 2 * pad, width + 2 * pad, dy.shape[3])
        dx = self.buffer("padded dx", shape, dy.dtype)
        dx.fill(0)
        rows, columns = stride * out.sy, stride * out.sx
        for u in range(kernel_y):
            for v in range(kernel_x):
                dx[:, u : u + rows : stride, v : v + columns : stride] += patches[:, u, v]
        return dx[:, pad : pad + height, pad : pad + width]

    def _columns(
        self, name: str, x: Array, pad: tuple[int, int], stride: int, count: tuple[int, int]
    ) -> Array:
        """`count` (down, across) windows of `x` padded by `pad`, as (C*kh*kw, windows*B)."""
        depth, height, width, batch = x.shape
        down, across = pad
        if down or across:
            shape = (depth, height + 2 * down, width + 2 * across, batch)
            padded = self.buffer(f"{name}, padded", shape, x.dtype)
            padded[:, down : down + height, across : across + width] = x
            x = padded
        kernel = (self.options["sy"], self.options["sx"])
        # One strided copy: its innermost runs are whole rows of pixels times the batch.
        c, h, w, b = x.strides
        windows = as_strided(
            x,
            (depth, *kernel, *count, batch),
            (c, h, w, h * stride, w * stride, b),
            writeable=False,
        )
        columns = self.buffer(name, windows.shape, x.dtype)
        np.copyto(columns, windows)
        return columns.reshape(depth * kernel[0] * kernel[1], -1)
