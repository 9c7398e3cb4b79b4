"""Layers in the JSON of ConvNetJS: one object per layer, numbers in the order of its volumes.

A volume of size (sx, sy, depth) lists its numbers at ((sx * y) + x) * depth + d, that is, as an
array (y, x, d); ours is (d, y, x).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from engine.language import NetSpec
from engine.layers import LAYERS, Array, Layer, Shape

Json = dict[str, Any]

_COPIED = {
    "conv": ("sx", "sy", "stride", "pad", "l1_decay_mul", "l2_decay_mul"),
    "fc": ("l1_decay_mul", "l2_decay_mul"),
    "pool": ("sx", "sy", "stride", "pad"),
    "dropout": ("drop_prob",),
    "maxout": ("group_size",),
    "lrn": ("k", "n", "alpha", "beta"),
}
"""Options that files hold under their own names; files in the wild may lack some."""

_LISTED = tuple(kind for kind, layer in LAYERS.items() if not layer.ours)
_LOSS_SIZE = {"softmax": "num_classes", "svm": "num_classes", "regression": "num_neurons"}


class SnapshotError(ValueError):
    """A file is not a snapshot, or its network does not fit; the message says why."""


def refusal(spec: NetSpec) -> str | None:
    """Why a network cannot be saved as a ConvNetJS file; None if it can."""
    unknown = sorted({layer.type for layer in spec.layers} - set(_LISTED))
    if unknown:
        return f"ConvNetJS has no layer of type {unknown[0]}"
    if spec.trainer.ema:
        return "ConvNetJS predicts with the weights themselves, not with their average (ema)"
    return None


def described(spec: NetSpec) -> list[tuple[str, Shape, Json]]:
    """What a file's layers say about a network, apart from its numbers."""
    return [
        (
            each.type,
            each.out_shape,
            {name: each.options[name] for name in _COPIED.get(each.type, ())},
        )
        for each in spec.layers
    ]


def layer_to_json(layer: Layer) -> Json:
    """One layer, with weights as float32 arrays that the encoder writes as lists."""
    out = layer.out_shape
    data: Json = {
        "layer_type": layer.type,
        "out_sx": out.sx,
        "out_sy": out.sy,
        "out_depth": out.depth,
    }
    data |= {name: layer.options[name] for name in _COPIED.get(layer.type, ())}
    if layer.type in ("conv", "pool"):
        data["in_depth"] = layer.in_shape.depth
    if layer.type == "fc" or layer.type in _LOSS_SIZE:
        data["num_inputs"] = layer.in_shape.size
    if layer.params:
        # There, a fully connected filter sees one long column.
        size = Shape(1, 1, layer.in_shape.size) if layer.type == "fc" else _filter_shape(layer)
        data["filters"] = [_volume(size, each) for each in _filters(layer)]
        biases = layer.params["biases"]
        data["biases"] = _volume(Shape(1, 1, len(biases)), biases.reshape(-1, 1, 1))
    return data


def definition(data: Mapping[str, Any], index: int) -> Json:
    """The options of one layer as `engine.language.from_layers` takes them.

    Raises:
        SnapshotError: a key is missing.
    """
    kind = data.get("layer_type")
    if kind not in _LISTED:
        raise SnapshotError(f"layer {index}: unknown layer_type {_short(kind)}")
    assert isinstance(kind, str)
    result: Json = {"type": kind}
    result |= {name: data[name] for name in _COPIED.get(kind, ()) if name in data}
    if kind == "input":
        result |= {name: _need(data, name, index) for name in ("out_sx", "out_sy", "out_depth")}
    elif kind == "conv":
        result["filters"] = len(_need_list(data, "filters", index))
    elif kind == "fc":
        result["num_neurons"] = len(_need_list(data, "filters", index))
    elif kind in _LOSS_SIZE:
        result[_LOSS_SIZE[kind]] = _need(data, "num_inputs", index)
    return result


def read_parameters(layer: Layer, data: Mapping[str, Any], index: int) -> None:
    """Set a layer's parameters to those in `data`.

    Raises:
        SnapshotError: there are too few or too many numbers, or some are not finite.
    """
    _check_output(layer, data, index)
    if not layer.params:
        return
    shape = _filter_shape(layer)
    for number, volume in enumerate(_need_list(data, "filters", index)):
        where = f"layer {index}, filter {number}"
        values = _numbers(volume, shape.size, where)
        # (sy, sx, depth) -> (depth, sy, sx)
        array = values.reshape(shape.sy, shape.sx, shape.depth).transpose(2, 0, 1)
        weights = layer.params["weights"]
        weights[number] = array.reshape(weights[number].shape)
    biases = layer.params["biases"]
    biases[...] = _numbers(_need(data, "biases", index), len(biases), f"layer {index}, biases")


def _check_output(layer: Layer, data: Mapping[str, Any], index: int) -> None:
    claimed = tuple(data.get(name) for name in ("out_sx", "out_sy", "out_depth"))
    if claimed != tuple(layer.out_shape) and any(size is not None for size in claimed):
        sizes = "x".join(_short(size) for size in claimed)
        raise SnapshotError(
            f"layer {index}: its output is {layer.out_shape} by its options, "
            f"but the file says {sizes}"
        )
    inputs = data.get("num_inputs")
    if inputs is not None and inputs != layer.in_shape.size:
        raise SnapshotError(
            f"layer {index}: has {layer.in_shape.size} inputs, but the file says {_short(inputs)}"
        )


def _filter_shape(layer: Layer) -> Shape:
    """The part of the input that one filter sees."""
    if layer.type == "conv":
        return Shape(layer.options["sx"], layer.options["sy"], layer.in_shape.depth)
    return layer.in_shape


def _filters(layer: Layer) -> Array:
    return layer.params["weights"].reshape(-1, *_filter_shape(layer).array)


def _volume(shape: Shape, values: Array) -> Json:
    """A volume of the given size, its numbers (depth, sy, sx) in the file's order."""
    ordered = np.ascontiguousarray(values.transpose(1, 2, 0), np.float32).reshape(-1)
    return {"sx": shape.sx, "sy": shape.sy, "depth": shape.depth, "w": ordered}


def _numbers(volume: object, count: int, where: str) -> Array:
    """The numbers of a volume, from a list or from an object with the keys "0", "1", ..."""
    volume = volume if isinstance(volume, Mapping) else {}
    values = volume.get("w")
    if isinstance(values, Mapping):
        if set(values) != {str(place) for place in range(len(values))}:
            raise SnapshotError(f"{where}: the keys of its numbers do not count up from 0")
        values = [values[str(place)] for place in range(len(values))]
    if not isinstance(values, list):
        raise SnapshotError(f"{where}: has no list of numbers `w`")
    if len(values) != count:
        raise SnapshotError(f"{where}: holds {len(values)} numbers instead of {count}")
    claimed = [volume.get(name) for name in ("sx", "sy", "depth")]
    if claimed != [None] * 3 and not _is_size(claimed, count):
        sizes = "x".join(map(_short, claimed))
        raise SnapshotError(f"{where}: says that it is {sizes}, but holds {count} numbers")
    if not all(type(value) in (int, float) for value in values):
        raise SnapshotError(f"{where}: holds something that is not a number")
    # Rounded before the check: the largest float32 is written as a decimal slightly above it.
    with np.errstate(over="ignore"):
        numbers = np.array(values, np.float64).astype(np.float32)
    if not np.isfinite(numbers).all():
        raise SnapshotError(f"{where}: holds a number too large for float32")
    return numbers


def _is_size(claimed: list[Any], count: int) -> bool:
    return all(type(size) is int for size in claimed) and prod(claimed) == count


def _need(data: Mapping[str, Any], name: str, index: int) -> Any:
    if name not in data:
        raise SnapshotError(f"layer {index}: `{name}` is missing")
    return data[name]


def _need_list(data: Mapping[str, Any], name: str, index: int) -> Sequence[Any]:
    value = _need(data, name, index)
    if not isinstance(value, list):
        raise SnapshotError(f"layer {index}: `{name}` is not a list")
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


assert set(_LISTED) <= set(LAYERS)
