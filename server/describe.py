"""Says in messages what networks and data sets are."""

from __future__ import annotations

from typing import Any

from engine.data import Dataset
from engine.spec import NetSpec
from server.messages import DatasetInfo, LayerInfo, plain


def dataset_info(dataset: Dataset) -> DatasetInfo:
    """Name, classes and counts."""
    return DatasetInfo(
        name=dataset.name,
        classes=dataset.classes,
        train=len(dataset.training_indices),
        validation=len(dataset.validation_indices),
        test=len(dataset.test_images),
    )


def layer_infos(spec: NetSpec) -> tuple[LayerInfo, ...]:
    """The layers, input first."""
    return tuple(
        LayerInfo(
            index,
            layer.type,
            (layer.in_shape.sx, layer.in_shape.sy, layer.in_shape.depth),
            (layer.out_shape.sx, layer.out_shape.sy, layer.out_shape.depth),
            layer.options,
            layer.parameter_count,
            layer.line,
        )
        for index, layer in enumerate(spec.layers)
    )


def spec_summary(spec: NetSpec) -> dict[str, Any]:
    """What `check_spec` answers."""
    return {
        "layers": plain(layer_infos(spec)),
        "parameters": spec.parameter_count,
        "trainer": plain(spec.trainer.options),
    }
