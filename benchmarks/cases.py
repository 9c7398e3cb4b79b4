"""The networks that are compared, each defined once for all three contenders."""

from __future__ import annotations

import json
from typing import Any

from engine.language import parse
from engine.language.printer import lay_out

LayerDefinition = dict[str, Any]

BATCHES = (1, 20, 100, 500)
SIDE = 24

# ConvNetJS's default trainer; the batch size is the case's own.
TRAINER = {"method": "adadelta", "l2_decay": 0.001, "ro": 0.95, "eps": 1e-6}
# Of these each side takes its own for what is left out, so that a drift of a default is seen.
CONVNETJS_DEFAULTS = {"method": "adadelta", "l2_decay": 0.001}


def _input() -> LayerDefinition:
    return {"type": "input", "out_sx": SIDE, "out_sy": SIDE, "out_depth": 1}


def _conv(filters: int) -> LayerDefinition:
    return {
        "type": "conv",
        "sx": 5,
        "filters": filters,
        "stride": 1,
        "pad": 2,
        "activation": "relu",
    }


def _pool(size: int) -> LayerDefinition:
    return {"type": "pool", "sx": size, "stride": size}


SOFTMAX: LayerDefinition = {"type": "softmax", "num_classes": 10}


def two_convolutions(filters: int) -> list[LayerDefinition]:
    """The default network with this many filters in its first layer, and twice as many after."""
    return [_input(), _conv(filters), _pool(2), _conv(2 * filters), _pool(3), SOFTMAX]


NETWORKS: dict[str, list[LayerDefinition]] = {
    "default": two_convolutions(8),
    "twice the filters": two_convolutions(16),
    "one more conv layer": [_input(), _conv(8), _pool(2), _conv(16), _conv(16), _pool(3), SOFTMAX],
    "no pooling": [_input(), _conv(8), _conv(16), SOFTMAX],
}


def _literal(options: dict[str, Any]) -> str:
    """A JavaScript object literal with plain keys, as a person would write it."""
    return "{" + ", ".join(f"{key}: {json.dumps(value)}" for key, value in options.items()) + "}"


def spec_text(network: str, batch: int) -> str:
    """The case in the spec language."""
    layers = [_literal(layer) for layer in NETWORKS[network]]
    return lay_out(layers, _literal({**TRAINER, "batch_size": batch}))


def operations(network: str) -> int:
    """Floating-point operations for one example in training, of the matrix products alone.

    A layer's products are the output, the weights' gradient and the input's gradient, which the
    first layer with weights does not need; each multiply-add counts as two operations.
    """
    total, first = 0, True
    for layer in parse(spec_text(network, 1)).layers:
        if layer.type == "conv":
            window = layer.options["sx"] * layer.options["sy"] * layer.in_shape.depth
            products = layer.out_shape.size * window
        elif layer.type == "fc":
            products = layer.in_shape.size * layer.out_shape.size
        else:
            continue
        total += 2 * products * (2 if first else 3)
        first = False
    return total
