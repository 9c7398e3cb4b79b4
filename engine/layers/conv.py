"""Convolution as one matrix product for each row of the output, over patches copied once a row."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engine.layers.base import Array, Layer, Option, Options, Shape, by_row
from engine.layers.weights import WEIGHT_OPTIONS, draw_weights, weight_decay
from engine.layers.windows import overlaps, window_counts, window_options


class Conv(Layer):
    """y[f, i, j] = b[f] + sum over c, u, v of w[f, c, u, v] * x[c, i*stride+u-pad, j*stride+v-pad].

    Convolution as networks use it (a cross-correlation); see Chellapilla, Puri and Simard, "High
    performance convolutional neural networks for document processing" (2006), for the product.

    Theirs copies every patch whole (im2col). Here only what a window's one row sees is copied, for
    each row of the input: (C, kw, W, B). These lie behind each other, so that the rows under a
    window are one matrix without further copying, and windows of neighboring rows overlap in it.
    That copies a fifth for 5x5 filters, and a fifth stays in the cache longer. Backward the same
    trick serves dy, as wide as it is, and only the sums across are scattered.
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

    def __init__(self, in_shape: Shape, options: Options) -> None:
        super().__init__(in_shape, options)
        across = self.out_shape.sx
        self._columns = overlaps(
            options["sx"], options["stride"], options["pad"], in_shape.sx, across
        )

    def initialize(self, rng: np.random.Generator) -> None:
        draw_weights(self, rng)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        weights, biases = self.params["weights"], self.params["biases"]
        filters, down, across = self.out_shape.array
        y = self.maps("y", (filters, down, across, x.shape[3]), x.dtype)
        # (filters, C, kh, kw) -> (filters, kh*C*kw)
        flat = weights.transpose(0, 2, 1, 3).reshape(filters, -1)
        # For each row of y: (filters, kh*C*kw) @ (kh*C*kw, W*B)
        np.matmul(flat, self._windows(self._patch_rows(x)), out=by_row(y))
        y += biases[:, None, None, None]
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        np.sum(by_row(dy), axis=(0, 2), out=self.grads["biases"])
        depth, kernel_x, filters = self.in_shape.depth, self.options["sx"], self.out_shape.depth
        # Of the two ways to the same sums the one with the squarer products, which BLAS likes.
        if self.options["stride"] == 1 and depth * kernel_x >= filters:
            self._weights_by_input_rows(dy)
        else:
            self._weights_by_output_rows(dy)
        return self._input_gradient(dy) if need_dx else None

    def _weights_by_output_rows(self, dy: Array) -> None:
        """For each row of dy: all the input it saw, times it."""
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        # (kh*C*kw, W*B) @ (W*B, filters)
        seen = self._windows(self._buffers["patch rows"])
        products = self.buffer("weights by row", (len(seen), seen.shape[1], filters), dy.dtype)
        np.matmul(seen, by_row(dy).swapaxes(1, 2), out=products)
        summed = products.sum(axis=0).reshape(kernel_y, depth, kernel_x, filters)
        self.grads["weights"][...] = summed.transpose(3, 1, 0, 2)

    def _weights_by_input_rows(self, dy: Array) -> None:
        """For each row of the input: its patches, times all of dy that saw them."""
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        pad, height = self.options["pad"], self.in_shape.sy
        patches = self._buffers["patch rows"][pad : pad + height]
        patches = patches.reshape(height, depth * kernel_x, -1)
        # (C*kw, W*B) @ (W*B, kh*filters)
        seen_by = self._mirrored_windows(dy)
        products = self.buffer(
            "weights by row", (height, depth * kernel_x, seen_by.shape[1]), dy.dtype
        )
        np.matmul(patches, seen_by.swapaxes(1, 2), out=products)
        summed = products.sum(axis=0).reshape(depth, kernel_x, kernel_y, filters)
        self.grads["weights"][...] = summed[:, :, ::-1].transpose(3, 0, 2, 1)

    def _input_gradient(self, dy: Array) -> Array:
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        (_, height, width), (_, _, across) = self.in_shape.array, self.out_shape.array
        # (filters, C, kh, kw), kh mirrored -> (C*kw, kh*filters)
        flat = self.params["weights"][:, :, ::-1].transpose(1, 3, 2, 0)
        flat = flat.reshape(depth * kernel_x, kernel_y * filters)
        shape = (height, depth, kernel_x, across, dy.shape[3])
        patches = self.buffer("patch gradients", shape, dy.dtype)
        # For each row of the input: (C*kw, kh*filters) @ (kh*filters, W*B)
        windows = self._mirrored_windows(dy)
        np.matmul(flat, windows, out=patches.reshape(height, depth * kernel_x, -1))
        dx = self.maps("dx", (depth, height, width, dy.shape[3]), dy.dtype)
        dx.fill(0)
        rows = dx.swapaxes(0, 1)
        for offset, (inside, windowed) in enumerate(self._columns):
            rows[:, :, inside] += patches[:, :, offset, windowed]
        return dx

    def _patch_rows(self, x: Array) -> Array:
        """What each row of windows sees of each row of x: (H + 2 pad, C, kw, W, B)."""
        pad, kernel_x = self.options["pad"], self.options["sx"]
        depth, height, _, batch = x.shape
        shape = (height + 2 * pad, depth, kernel_x, self.out_shape.sx, batch)
        patches = self.buffer("patch rows", shape, x.dtype)
        # The padding is never written to: it stays zero.
        inner, rows = patches[pad : pad + height], x.swapaxes(0, 1)
        for offset, (inside, windowed) in enumerate(self._columns):
            inner[:, :, offset, windowed] = rows[:, :, inside]
        return patches

    def _windows(self, patches: Array) -> Array:
        """For each row of y the patches that it is computed from: (H, kh*C*kw, W*B)."""
        return _sliding(patches, self.options["sy"], self.options["stride"], self.out_shape.sy)

    def _mirrored_windows(self, dy: Array) -> Array:
        """For each row of x the rows of dy that saw it, the last first: (H, kh*filters, W*B)."""
        kernel_y, pad, stride = (self.options[key] for key in ("sy", "pad", "stride"))
        filters, down, across, batch = dy.shape
        height = self.in_shape.sy
        padded = self.buffer("padded dy", (height + kernel_y - 1, filters, across, batch), dy.dtype)
        first = kernel_y - 1 - pad
        padded[first : first + stride * down : stride] = dy.swapaxes(0, 1)
        return _sliding(padded, kernel_y, 1, height)


def _sliding(rows: Array, size: int, stride: int, count: int) -> Array:
    """`count` windows of `size` rows (H, ..., W, B) each as one matrix: (count, size * ..., W*B).

    Nothing is copied: rows lie behind each other, so that windows overlap in memory.
    """
    flat = rows.reshape(len(rows), -1, rows.shape[-2] * rows.shape[-1])
    row, channel, number = flat.strides
    shape = (count, size * flat.shape[1], flat.shape[2])
    return as_strided(flat, shape, (stride * row, channel, number), writeable=False)
