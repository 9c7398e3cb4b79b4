"""Average pooling, one direction after the other."""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array, Layer, Shape
from engine.layers.windows import taps, window_counts, window_options
from engine.options import Options


class AveragePool(Layer):
    """y[c, i, j] = the mean of x[c] over the window at (i*stride - pad, j*stride - pad).

    Positions outside the input are left out of the mean. ConvNetJS does not have this layer.
    """

    type = "avgpool"
    help = "the mean of each window; positions outside the input are left out"
    ours = True
    declared = window_options(stride=2)

    def __init__(self, in_shape: Shape, options: Options) -> None:
        super().__init__(in_shape, options)
        out, pad, stride = self.out_shape, options["pad"], options["stride"]
        # Along both axes: where each number of the window is in the padded input.
        self._rows = taps(1, options["sy"], stride, out.sy)
        self._columns = taps(2, options["sx"], stride, out.sx)
        inside = np.zeros((1, in_shape.sy + 2 * pad, in_shape.sx + 2 * pad))
        inside[:, pad : pad + in_shape.sy, pad : pad + in_shape.sx] = 1
        rows = np.sum([inside[tap] for tap in self._rows], axis=0)
        self._share = 1 / np.sum([rows[tap] for tap in self._columns], axis=0)[..., None]

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        across, down = window_counts(cls.type, in_shape, options)
        return Shape(across, down, in_shape.depth)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        padded = self._padded(x.shape[3], x.dtype)
        self._inner(padded)[...] = x
        depth, _, width, batch = padded.shape
        rows = self._sums = self.maps("rows", (depth, self.out_shape.sy, width, batch), x.dtype)
        y = self.maps("y", (*self.out_shape.array, batch), x.dtype)
        for source, total, places in ((padded, rows, self._rows), (rows, y, self._columns)):
            np.copyto(total, source[places[0]])
            for tap in places[1:]:
                total += source[tap]
        y *= self._share.astype(x.dtype)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        padded = self._padded(dy.shape[3], dy.dtype)
        rows = self._sums
        for total, source, places in (
            (rows, dy * self._share.astype(dy.dtype), self._columns),
            (padded, rows, self._rows),
        ):
            total.fill(0)
            for tap in places:
                place = total[tap]
                place += source
        dx: Array = self._inner(padded).copy()
        padded.fill(0)
        return dx

    def _padded(self, batch: int, dtype: np.dtype[np.floating]) -> Array:
        pad, (depth, height, width) = self.options["pad"], self.in_shape.array
        return self.maps("padded", (depth, height + 2 * pad, width + 2 * pad, batch), dtype)

    def _inner(self, padded: Array) -> Array:
        pad, (_, height, width) = self.options["pad"], self.in_shape.array
        return padded[:, pad : pad + height, pad : pad + width]
