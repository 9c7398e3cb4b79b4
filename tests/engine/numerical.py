"""Gradients by differences, the judge of every backward pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.layers import Array

STEP = 1e-4
"""Wide enough for float64's rounding; the difference below is exact to its fourth power."""


def numerical_gradient(function: Callable[[], float], array: Array) -> Array:
    """The gradient of `function` by `array`, which is changed in place and put back.

    Central differences of fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h.
    """
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        values = []
        for steps in (1, -1, 2, -2):
            array[index] = kept + steps * STEP
            values.append(function())
        array[index] = kept
        once, back, twice, twice_back = values
        gradient[index] = (8 * (once - back) - (twice - twice_back)) / (12 * STEP)
    return gradient


def relative_error(gradient: Array, numerical: Array) -> float:
    """The largest error of a component, relative to it, or to a thousandth of the largest one.

    Below that share a component drowns in the rounding of the sum it is measured by.
    """
    floor = max(1e-3 * float(np.abs(numerical).max()), 1e-6)
    scale = np.maximum(np.maximum(np.abs(gradient), np.abs(numerical)), floor)
    return float((np.abs(gradient - numerical) / scale).max())
