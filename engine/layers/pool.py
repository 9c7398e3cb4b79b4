"""Max pooling, one direction after the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.layers.base import Array, Layer, Shape
from engine.layers.windows import taps, window_counts, window_options
from engine.options import Options


class MaxPool(Layer):
    """y[c, i, j] = the largest of x[c] in the window at (i*stride - pad, j*stride - pad).

    Positions outside the input do not take part. The window's rows are compared first, over long
    contiguous runs, then the columns of what is left. Each comparison has one winner, the earlier
    one on a tie, so that the whole gradient goes to one position (as in ConvNetJS).
    """

    type = "pool"
    help = "the largest number in each window"
    declared = window_options(stride=2)

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        across, down = window_counts(cls.type, in_shape, options)
        return Shape(across, down, in_shape.depth)

    def __init__(self, in_shape: Shape, options: Options) -> None:
        super().__init__(in_shape, options)
        across, down = self.out_shape.sx, self.out_shape.sy
        self._rows = _Reduction(self, "rows", axis=1, size=options["sy"], count=down)
        self._columns = _Reduction(self, "columns", axis=2, size=options["sx"], count=across)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        return self._columns.forward(self._rows.forward(self._padded(x)))

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        dy = self._rows.backward(self._columns.backward(dy))
        pad = self.options["pad"]
        _, height, width = self.in_shape.array
        return dy[:, pad : pad + height, pad : pad + width]

    def _padded(self, x: Array) -> Array:
        pad = self.options["pad"]
        if not pad:
            return x
        depth, height, width, batch = x.shape
        padded = self.maps("padded", (depth, height + 2 * pad, width + 2 * pad, batch), x.dtype)
        padded.fill(-np.inf)
        padded[:, pad : pad + height, pad : pad + width] = x
        return padded


class _Reduction:
    """The maximum over windows along one axis, and the way its gradient goes back."""

    def __init__(self, layer: MaxPool, name: str, *, axis: int, size: int, count: int) -> None:
        self._layer, self._name, self._axis = layer, name, axis
        self._size, self._count = size, count
        self._stride: int = layer.options["stride"]
        self._taps = taps(axis, size, self._stride, count)

    def forward(self, x: Array) -> Array:
        self._in_shape = x.shape
        shape = (*x.shape[: self._axis], self._count, *x.shape[self._axis + 1 :])
        best = x[self._taps[0]]
        for offset in range(1, self._size):
            # Two buffers in turn, so that the comparison still finds the previous best.
            kept = self._buffer(f"best {offset % 2}", shape, x.dtype)
            np.maximum(x[self._taps[offset]], best, out=kept)
            np.greater(kept, best, out=self._buffer(f"beaten {offset}", shape, np.bool_))
            best = kept
        return best

    def backward(self, dy: Array) -> Array:
        dx = self._buffer("dx", self._in_shape, dy.dtype)
        overlapping = self._stride < self._size
        if self._stride != self._size or self._stride * self._count != self._in_shape[self._axis]:
            dx.fill(0)
        left = dy
        if overlapping:
            spare = [self._buffer(kind, dy.shape, dy.dtype) for kind in ("won", "left")]
        # From the last challenger back: it keeps what it won, and passes the rest on.
        for offset in range(self._size - 1, 0, -1):
            place = dx[self._taps[offset]]
            beaten = self._buffer(f"beaten {offset}", dy.shape, np.bool_)
            won = np.multiply(left, beaten, out=spare[0] if overlapping else place)
            if overlapping:
                place += won
            left = np.subtract(left, won, out=spare[1] if overlapping else dx[self._taps[0]])
        if overlapping:
            place = dx[self._taps[0]]
            place += left
        elif self._size == 1:
            dx[self._taps[0]] = left
        return dx

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        return self._layer.maps(f"{self._name} {name}", shape, dtype)
