"""What a network looks like inside for one example: maps as bytes, ready to be drawn."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.layers import Array, Layer
from engine.network.net import Net

LARGEST = 1e38
"""Larger numbers, even infinity, are shown as this one, so that every range is finite."""


@dataclass(frozen=True, eq=False)
class Map:
    """An array scaled for display.

    Attributes:
        pixels: uint8, 0 for the least and 255 for the greatest number. Activations and gradients
            are (C, H, W), scaled as a whole; weights (filters, C, kh, kw), each filter separately.
        minimum, maximum: of all numbers before scaling.
        ranges: of weights, each filter's own minimum and maximum: (filters, 2).
    """

    pixels: npt.NDArray[np.uint8]
    minimum: float
    maximum: float
    ranges: Array | None = None


@dataclass(frozen=True, eq=False)
class LayerView:
    """One layer's maps; None where there is nothing to show."""

    index: int
    activations: Map
    gradients: Map | None
    weights: Map | None
    weight_gradients: Map | None


def inspect_example(
    net: Net,
    x: Array,
    target: int | None,
    layers: Collection[int],
    weight_gradient: Array | None = None,
) -> list[LayerView]:
    """Run one example, and scale what some of the layers show for display.

    Dropout and the like behave as in prediction, so that looking draws no random numbers.

    Args:
        net: a replica; its buffers and gradients are overwritten.
        x: the example, (C, H, W, 1).
        target: its class; without one there are no activation gradients.
        layers: indices of the layers to show.
        weight_gradient: the flat gradient to show beside the weights, such as the last batch's;
            by default the example's own, if its class is known.
    """
    net.forward(x)
    if target is not None:
        net.backward(np.array([target]), need_dx=True)
    else:
        net.output_gradients = [None] * len(net.layers)
    if weight_gradient is not None:
        np.copyto(net.grads, weight_gradient)
    return [
        _view(net, index, has_weight_gradient=target is not None or weight_gradient is not None)
        for index in sorted(set(layers))
        if 0 <= index < len(net.layers)
    ]


def _view(net: Net, index: int, *, has_weight_gradient: bool) -> LayerView:
    layer, gradient = net.layers[index], net.output_gradients[index]
    shown = layer.params.get("weights")
    return LayerView(
        index,
        activations=_scale_whole(net.outputs[index][..., 0]),
        gradients=None if gradient is None else _scale_whole(gradient[..., 0]),
        weights=None if shown is None else _scale_each(_filters(layer, shown)),
        weight_gradients=(
            _scale_each(_filters(layer, layer.grads["weights"]))
            if shown is not None and has_weight_gradient
            else None
        ),
    )


def _filters(layer: Layer, weights: Array) -> Array:
    """Weights as (filters, C, kh, kw); those of a fully connected layer see the whole volume."""
    return weights if weights.ndim == 4 else weights.reshape(-1, *layer.in_shape.array)


def _scale_whole(values: Array) -> Map:
    values = _finite(values)
    return _scale(values, values.min(), values.max())


def _scale_each(filters: Array) -> Map:
    filters = _finite(filters)
    axes = tuple(range(1, filters.ndim))
    low, high = filters.min(axis=axes, keepdims=True), filters.max(axis=axes, keepdims=True)
    return replace(_scale(filters, low, high), ranges=np.column_stack([low.ravel(), high.ravel()]))


def _finite(values: Array) -> Array:
    """The values with 0 in place of NaN, and none beyond `LARGEST`."""
    if abs(values.min()) < LARGEST and abs(values.max()) < LARGEST:
        return values
    return np.nan_to_num(values, posinf=LARGEST, neginf=-LARGEST).clip(-LARGEST, LARGEST)


def _scale(values: Array, low: Array, high: Array) -> Map:
    # Without a range (a dead map, a single number) everything is drawn black.
    span = np.where(high > low, high - low, 1)
    # Divided first: the factor 255 / span would overflow for gradients that have all but vanished.
    pixels = np.rint((values - low) / span * 255).astype(np.uint8)
    return Map(pixels, minimum=float(np.min(low)), maximum=float(np.max(high)))
