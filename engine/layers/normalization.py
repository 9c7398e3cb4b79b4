"""Local response normalization across channels."""

from __future__ import annotations

from engine.layers.base import Array, Layer, Option


class LocalResponseNormalization(Layer):
    """y_i = x_i / (k + alpha/n * sum over the n channels around i of x_j^2) ^ beta.

    Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
    networks" (2012), section 3.3. At the edges the window is cut off; n is odd.
    """

    type = "lrn"
    declared = (
        Option("k", float, default=2.0, minimum=1e-6, maximum=1e6),
        Option("n", int, default=5, minimum=1, maximum=1001, odd=True, help="channels, odd"),
        Option("alpha", float, default=1e-4, minimum=0, maximum=1e6),
        Option("beta", float, default=0.75, minimum=0, maximum=100),
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
            total[offset:] += values[:-offset]
            total[:-offset] += values[offset:]
        return total
