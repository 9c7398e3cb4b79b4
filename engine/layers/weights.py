"""How the weights of convolutional and fully connected layers are initialized and decay."""

from __future__ import annotations

from math import sqrt

import numpy as np

from engine.layers.base import Layer
from engine.options import Option, Options

WEIGHT_OPTIONS = (
    Option(
        "bias_pref",
        float,
        default=0.0,
        minimum=-1e6,
        maximum=1e6,
        help="initial biases; 0.1 before a relu",
    ),
    Option(
        "l1_decay_mul",
        float,
        default=0.0,
        minimum=0,
        maximum=1e6,
        help="this layer's share of the trainer's l1_decay",
    ),
    Option(
        "l2_decay_mul",
        float,
        default=1.0,
        minimum=0,
        maximum=1e6,
        help="this layer's share of the trainer's l2_decay",
    ),
    Option(
        "init",
        str,
        default="normal",
        choices=("normal", "he"),
        help="initial weights of variance 1/fan-in; 'he': 2/fan-in, which suits relu",
        ours=True,
    ),
)


def weight_decay(options: Options) -> dict[str, tuple[float, float]]:
    """The decay multipliers of the weights; biases do not decay."""
    return {"weights": (options["l1_decay_mul"], options["l2_decay_mul"])}


def draw_weights(layer: Layer, rng: np.random.Generator) -> None:
    """Draw weights from a normal distribution of variance gain/fan-in; set biases to `bias_pref`.

    The gain is 1 as in ConvNetJS, or 2 (`init: 'he'`) after He, Zhang, Ren and Sun, "Delving deep
    into rectifiers" (2015), since relu halves the variance of what it passes on.
    """
    weights = layer.params["weights"]
    fan_in = weights[0].size
    gain = 2.0 if layer.options["init"] == "he" else 1.0
    weights[...] = rng.standard_normal(weights.shape) * sqrt(gain / fan_in)
    layer.params["biases"][...] = layer.options["bias_pref"]
