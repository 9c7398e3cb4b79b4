"""Convolution as one matrix product per row of the output, over patches copied once per row."""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array, Layer, Shape
from engine.layers.maps import by_channel, by_row, channel_sums
from engine.layers.products import aligned, multiply, sum_of_products
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
        self._batch = 0
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
        self._copy_patches(x)
        rows = by_row(y)
        # For each row of y: (filters, kh*C*kw) @ (kh*C*kw, W*B)
        multiply(flat, self._windows(rows.shape[2]), rows)
        y += by_channel(biases, y)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        self.grads["biases"][...] = channel_sums(dy)
        depth, kernel_x, filters = self.in_shape.depth, self.options["sx"], self.out_shape.depth
        # Of two ways to the same sums, the one with the squarer matrices is faster in BLAS.
        if self.options["stride"] == 1 and depth * kernel_x >= filters:
            self._weights_by_input_rows(dy)
        else:
            self._weights_by_output_rows(dy)
        return self._input_gradient(dy) if need_dx else None

    def _weights_by_output_rows(self, dy: Array) -> None:
        """For each row of dy, (filters, W*B): all the input it saw, times that row."""
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        # (kh*C*kw, W*B) @ (W*B, filters)
        rows = by_row(dy)
        summed = self._sum_of_products(self._windows(rows.shape[2]), rows.swapaxes(1, 2))
        summed = summed.reshape(kernel_y, depth, kernel_x, filters)
        self.grads["weights"][...] = summed.transpose(3, 1, 0, 2)

    def _weights_by_input_rows(self, dy: Array) -> None:
        """For each row of the input: its patches, times the rows of dy that saw it."""
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        pad, (_, height, _) = self.options["pad"], self.in_shape.array
        # With numbers outermost BLAS multiplies by dy without transposing it again for each window.
        numbers = dy.shape[2] * dy.shape[3]
        turned = self.buffer("turned dy", (numbers, height + kernel_y - 1, filters), dy.dtype)
        turned[:, self._rows_of_dy(dy)] = by_row(dy).transpose(2, 0, 1)
        number, row, one = turned.strides
        shape, strides = (height, numbers, kernel_y * filters), (row, number, one)
        seen_by = np.ndarray(shape, dy.dtype, turned, strides=strides)
        # (C*kw, W*B) @ (W*B, kh*filters)
        patches = self._patches[pad : pad + height, :, :numbers]
        summed = self._sum_of_products(patches, seen_by)
        summed = summed.reshape(depth, kernel_x, kernel_y, filters)
        self.grads["weights"][...] = summed[:, :, ::-1].transpose(3, 0, 2, 1)

    def _sum_of_products(self, left: Array, right: Array) -> Array:
        return sum_of_products(
            left, right, lambda shape: self.buffer("weights by row", shape, left.dtype)
        )

    def _input_gradient(self, dy: Array) -> Array:
        """Sum what all windows pass back to each row's patches; then add the patches up in dx."""
        filters, depth, kernel_y, kernel_x = self.params["weights"].shape
        (_, height, width), (across, batch) = self.in_shape.array, dy.shape[2:]
        # (filters, C, kh, kw), kh mirrored -> (C*kw, kh*filters)
        flat = self.params["weights"][:, :, ::-1].transpose(1, 3, 2, 0)
        flat = flat.reshape(depth * kernel_x, kernel_y * filters)
        shape = (height, depth, kernel_x, across, batch)
        patches = self.buffer("patch gradients", shape, dy.dtype)
        # For each row of the input: (C*kw, kh*filters) @ (kh*filters, W*B)
        numbers = (height, depth * kernel_x, across * batch)
        multiply(flat, self._mirrored_windows(dy), patches.reshape(numbers))
        dx = self.maps("dx", (depth, height, width, batch), dy.dtype)
        rows = dx.swapaxes(0, 1)
        first, *others = self._columns
        # Usually the widest overlap covers all of dx, and clearing it first would be a waste.
        if first.inside != slice(0, width, 1):
            dx.fill(0)
        rows[:, :, first.inside] = patches[:, :, first.offset, first.windows]
        for each in others:
            place = rows[:, :, each.inside]
            # `rows[...] += ` would assign what it has added once more, which takes as long again.
            place += patches[:, :, each.offset, each.windows]
        return dx

    def _copy_patches(self, x: Array) -> None:
        """What each row of windows sees of each row of x: (H + 2 pad, C*kw, W*B or more)."""
        pad, kernel_x = self.options["pad"], self.options["sx"]
        (depth, height, _, batch), across = x.shape, self.out_shape.sx
        numbers = across * batch
        shape = (height + 2 * pad, depth * kernel_x, aligned(numbers))
        self._patches = patches = self.buffer("patch rows", shape, x.dtype)
        if batch != self._batch:
            # After this the padding is never written to: it stays zero.
            patches.fill(0)
            self._batch = batch
        inner = patches[pad : pad + height, :, :numbers]
        inner = inner.reshape(height, depth, kernel_x, across, batch)
        rows = x.swapaxes(0, 1)
        for each in self._columns:
            inner[:, :, each.offset, each.windows] = rows[:, :, each.inside]

    def _windows(self, numbers: int) -> Array:
        """For each row of y the patches that it is computed from: (H, kh*C*kw, W*B)."""
        kernel_y, stride = self.options["sy"], self.options["stride"]
        return _sliding(self._patches, numbers, kernel_y, stride, self.out_shape.sy)

    def _mirrored_windows(self, dy: Array) -> Array:
        """For each row of x the rows of dy that saw it, the last first: (H, kh*filters, W*B)."""
        kernel_y, height = self.options["sy"], self.in_shape.sy
        rows = by_row(dy)
        _, filters, numbers = rows.shape
        shape = (height + kernel_y - 1, filters, aligned(numbers))
        padded = self.buffer("padded dy", shape, dy.dtype)
        padded[self._rows_of_dy(dy), :, :numbers] = rows
        return _sliding(padded, numbers, kernel_y, 1, height)

    def _rows_of_dy(self, dy: Array) -> slice:
        """Where dy's rows are among those that a window over the input, mirrored, goes over."""
        kernel_y, pad, stride = (self.options[key] for key in ("sy", "pad", "stride"))
        first = kernel_y - 1 - pad
        return slice(first, first + stride * dy.shape[1], stride)


def _sliding(rows: Array, numbers: int, size: int, stride: int, count: int) -> Array:
    """`count` windows of `size` rows each as one matrix, of the first `numbers` columns.

    (H, C, W*B or more) to (count, size * C, W*B). Nothing is copied: windows overlap in memory.
    """
    row, channel, number = rows.strides
    shape = (count, size * rows.shape[1], numbers)
    # NumPy's as_strided does the same at eight times the cost, which small batches notice.
    return np.ndarray(shape, rows.dtype, rows, strides=(stride * row, channel, number))
