"""Each layer in numbers: how its values are spread, how many are of no use, how fast it learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.analysis.layer_views import LARGEST
from engine.layers import Array, Layer
from engine.network.net import Net, quiet

BINS = 24
MOST_VALUES = 8192
"""Of larger arrays a histogram counts about so many values, evenly chosen: it costs as much as the
pass itself to count them all."""
SMALLEST = 1e-38
"""Smaller sizes count as this one, so that logarithms are finite."""
FLAT = 0.05
"""A squashing unit counts as saturated where its slope is less than this share of its steepest:
hardly anything of a gradient gets through."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """How values are spread over equal bins from `low` to `high`.

    Attributes:
        shares: (BINS,) the share of the values in each bin; all in the first if they are all equal.
    """

    low: float
    high: float
    shares: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerNumbers:
    """One layer in numbers, None where it has no such number. Units are channels.

    Attributes:
        weights: of all its parameters.
        activations: of its outputs for a sample of examples.
        gradients: of log10 of the sizes of the loss's gradients with respect to these outputs,
            those that are exactly 0 left out.
        active: of a relu, (C,) whether a unit is greater than 0 for some example, anywhere on its
            map.
        saturated: of a tanh or sigmoid, the share of outputs at which it is all but flat.
        update_ratio: the norm of an update of its parameters over their own norm.
        gradient_ratio: the norm of the mean gradient of its parameters over their own norm.
    """

    index: int
    weights: Histogram | None
    activations: Histogram
    gradients: Histogram | None
    active: npt.NDArray[np.bool_] | None
    saturated: float | None
    update_ratio: float | None
    gradient_ratio: float | None

    @property
    def dead(self) -> float | None:
        """Of a relu, the share of units that are active for no example."""
        return (
            None
            if self.active is None
            else float(np.count_nonzero(~self.active)) / self.active.size
        )


@quiet
def layer_numbers(
    net: Net, x: Array, labels: Array, update: Array | None = None
) -> list[LayerNumbers]:
    """Run a sample of examples, and measure every layer.

    Dropout and the like behave as in prediction, so that looking draws no random numbers.

    Args:
        net: a replica; its buffers and gradients are overwritten.
        x: the examples, (C, H, W, B).
        labels: their classes, (B,).
        update: flat vector, what a step added to the parameters; None where none is known.
    """
    net.forward(x)
    net.backward(labels, need_dx=True)
    mean_gradient = net.grads / len(labels)
    return [
        LayerNumbers(
            index,
            weights=histogram(net.params[own]) if layer.params else None,
            activations=histogram(net.outputs[index]),
            gradients=_of_sizes(net.output_gradients[index]),
            active=active_units(layer, net.outputs[index]),
            saturated=saturated_share(layer, net.outputs[index]),
            update_ratio=None if update is None else _ratio(update[own], net.params[own]),
            gradient_ratio=_ratio(mean_gradient[own], net.params[own]),
        )
        for index, (layer, own) in enumerate(zip(net.layers, _parameters(net), strict=True))
    ]


def with_units_active_before(
    newest: Sequence[LayerNumbers], earlier: Sequence[Sequence[LayerNumbers]]
) -> list[LayerNumbers]:
    """The newest numbers, but with all units active that were so for earlier samples too.

    So that few examples at a time tell what is never active.
    """
    return [
        layer
        if layer.active is None
        else replace(layer, active=np.any([each.active for each in looks], axis=0))
        for layer, *looks in zip(newest, newest, *earlier, strict=True)
    ]


def histogram(values: Array) -> Histogram:
    """Count values of any shape; NaN counts as 0, and what is infinite as `LARGEST`."""
    chosen = _some(values).astype(np.float64)
    np.nan_to_num(chosen, copy=False, posinf=LARGEST, neginf=-LARGEST)
    low, high = float(chosen.min()), float(chosen.max())
    span = high - low if high > low else 1.0
    bins = np.minimum((chosen - low) * (BINS / span), BINS - 1).astype(np.intp)
    return Histogram(low, high, np.bincount(bins, minlength=BINS) / len(chosen))


def active_units(layer: Layer, outputs: Array) -> npt.NDArray[np.bool_] | None:
    """Of a relu with these outputs (C, H, W, B), which channels are greater than 0 anywhere."""
    if layer.type != "relu":
        return None
    # The largest of each row first, which lies together in memory.
    active: npt.NDArray[np.bool_] = outputs.max(axis=(2, 3)).max(axis=1) > 0
    return active


def saturated_share(layer: Layer, outputs: Array) -> float | None:
    """Of a tanh or sigmoid with these outputs, the share at which its slope is less than `FLAT`.

    The slopes are 1 - y^2, at most 1, and y (1 - y), at most 1/4; with y in (0, 1) mapped to
    (-1, 1), both reach their share of the steepest at the same |y|.
    """
    if layer.type not in ("tanh", "sigmoid"):
        return None
    chosen = _some(outputs)
    y = chosen if layer.type == "tanh" else 2 * chosen - 1
    return float(np.count_nonzero(1 - y * y < FLAT) / len(chosen))


def _of_sizes(gradients: Array | None) -> Histogram | None:
    if gradients is None:
        return None
    sizes = np.abs(_some(gradients))
    sizes = sizes[sizes > 0].astype(np.float64)
    return histogram(np.log10(np.clip(sizes, SMALLEST, LARGEST))) if sizes.size else None


def _some(values: Array) -> Array:
    """At most about `MOST_VALUES` of the values, as a vector."""
    # An odd step meets every example: batches, the innermost axis, are seldom odd.
    step = max(1, values.size // MOST_VALUES) | 1
    some: Array = values.reshape(-1)[::step]
    return some


def _ratio(part: Array, whole: Array) -> float | None:
    """Quotient of two norms; None where there is nothing to divide by, or it is not finite."""
    over, under = (float(np.linalg.norm(each.astype(np.float64))) for each in (part, whole))
    return over / under if under > 0 and np.isfinite(over / under) else None


def _parameters(net: Net) -> Iterator[slice]:
    """Where each layer's parameters stand in the flat vectors."""
    start = 0
    for layer in net.spec.layers:
        yield slice(start, start + layer.parameter_count)
        start += layer.parameter_count
