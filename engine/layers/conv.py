"""Convolution as one matrix product per row of the output, over patches copied once per row."""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array, Layer, Shape
from engine.layers.maps import by_channel, by_row, channel_sums
from engine.layers.weights import WEIGHT_OPTIONS, draw_weights, weight_decay
from engine.layers.windows import overlaps, window_counts, window_options
from engine.options import Option, Options


class Conv(Layer):
    """y[f, i, j] = b[f] + sum over c, u, v of w[f, c, u, v] * x[c, i*stride+u-pad, j*stride+v-pad].

    Convolution as networks use it (a cross-correlation); see Chellapilla, Puri and Simard, "High
    performance convolutional neural networks for document processing" (2006), for the product.

    They copy every patch whole (im2col). Here, for each row of the input, only what one row of a
    window sees is copied: (C, kw, W, B). These copies are adjacent in memory, so that the rows
    under a window form one matrix without further copying, and the matrices of neighboring rows
    overlap. For 5x5 filters that is a fifth of the memory, which stays in the cache longer. The
    backward pass does the same with dy at its full width, and scatters only sums across.
    """

    type = "conv"
    help = "slides filters over its input; out = floor((in + 2 pad - sx) / stride) + 1"
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
        y += by_channel(biases, y)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        self.grads["biases"][...] = channel_sums(dy)
        depth, kernel_x, filters = self.in_shape.depth, self.options["sx"], self.out_shape.depth
        # Of two ways to the same sums, the one with the squarer matrices is faster in BLAS.
        by_input = self.options["stride"] == 1 and depth * kernel_x >= filters
        if not by_input:
            self._weights_by_output_rows(by_row(dy))
        if not by_input and not need_dx:
            return None
        seen_by = self._mirrored_windows(dy)
        if by_input:
            self._weights_by_input_rows(seen_by)
        return self._input_gradient(seen_by) if need_dx else None

    def _weights_by_output_rows(self, rows: Array) -> None:
        """For each row of dy, (H, filters, W*B): all the input it saw, times that row."""
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        seen = self._windows(self._buffers["patch rows"])
        # (kh*C*kw, W*B) @ (W*B, filters)
        shape = (len(seen), seen.shape[1], filters)
        products = self.buffer("weights by row", shape, rows.dtype)
        np.matmul(seen, rows.swapaxes(1, 2), out=products)
        summed = products.sum(axis=0).reshape(kernel_y, depth, kernel_x, filters)
        self.grads["weights"][...] = summed.transpose(3, 1, 0, 2)

    def _weights_by_input_rows(self, seen_by: Array) -> None:
        """For each row of the input: the dy that saw it, (kh*filters, W*B), times its patches."""
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        pad, height = self.options["pad"], self.in_shape.sy
        patches = self._buffers["patch rows"][pad : pad + height]
        patches = patches.reshape(height, depth * kernel_x, -1)
        # (kh*filters, W*B) @ (W*B, C*kw)
        shape = (height, kernel_y * filters, depth * kernel_x)
        products = self.buffer("weights by row", shape, patches.dtype)
        np.matmul(seen_by, patches.swapaxes(1, 2), out=products)
        summed = products.sum(axis=0).reshape(kernel_y, filters, depth, kernel_x)
        self.grads["weights"][...] = summed[::-1].transpose(1, 2, 0, 3)

    def _input_gradient(self, seen_by: Array) -> Array:
        """Sum what all windows pass back to each row's patches; then add the patches up in dx."""
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        (_, height, width), across = self.in_shape.array, self.out_shape.sx
        # (filters, C, kh, kw), kh mirrored -> (C*kw, kh*filters)
        flat = self.params["weights"][:, :, ::-1].transpose(1, 3, 2, 0)
        flat = flat.reshape(depth * kernel_x, kernel_y * filters)
        batch = seen_by.shape[2] // across
        shape = (height, depth, kernel_x, across, batch)
        patches = self.buffer("patch gradients", shape, seen_by.dtype)
        # For each row of the input: (C*kw, kh*filters) @ (kh*filters, W*B)
        np.matmul(flat, seen_by, out=patches.reshape(height, depth * kernel_x, -1))
        dx = self.maps("dx", (depth, height, width, batch), seen_by.dtype)
        rows = dx.swapaxes(0, 1)
        first, *others = self._columns
        # Usually the widest overlap covers all of dx, and clearing it first would be a waste.
        if first.inside != slice(0, width, 1):
            dx.fill(0)
        rows[:, :, first.inside] = patches[:, :, first.offset, first.windows]
        for each in others:
            rows[:, :, each.inside] += patches[:, :, each.offset, each.windows]
        return dx

    def _patch_rows(self, x: Array) -> Array:
        """What each row of windows sees of each row of x: (H + 2 pad, C, kw, W, B)."""
        pad, kernel_x = self.options["pad"], self.options["sx"]
        depth, height, _, batch = x.shape
        shape = (height + 2 * pad, depth, kernel_x, self.out_shape.sx, batch)
        patches = self.buffer("patch rows", shape, x.dtype)
        # The padding is never written to: it stays zero.
        inner, rows = patches[pad : pad + height], x.swapaxes(0, 1)
        for each in self._columns:
            inner[:, :, each.offset, each.windows] = rows[:, :, each.inside]
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

    Nothing is copied: rows are adjacent, and windows overlap in memory.
    """
    # NumPy's as_strided does the same at eight times the cost, which small batches notice.
    row, *_, number = rows.strides
    numbers = rows.shape[-2] * rows.shape[-1]
    channels = row // (numbers * number)
    return np.ndarray(
        (count, size * channels, numbers),
        rows.dtype,
        rows,
        strides=(stride * row, numbers * number, number),
    )
