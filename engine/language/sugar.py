"""Expands one definition of a text into the plain layers that it stands for.

The short forms are ConvNetJS's: `activation` and `drop_prob` add layers after a layer, a loss adds
an fc before itself. Only this file knows them; everything else follows from what layers declare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.language.resolve_options import Given, resolve
from engine.layers import ACTIVATIONS, LAYERS, Loss
from engine.options import REQUIRED, Option

ACTIVATED = ("conv", "fc")
"""The layer types that take the option `activation`."""
DENSE, DROPOUT = "fc", "dropout"
RELU_BIAS = ("relu", 0.1)
"""Before a relu biases start a little above 0, so that no unit is dead from the start."""

_ACTIVATION = Option(
    "activation",
    str,
    default=None,
    choices=ACTIVATIONS,
    help="on conv and fc: adds that layer after it",
)
_DROP = "on any layer but a loss: adds a dropout after it, and after its activation"
_DENSE_SIZE = "num_neurons"


@dataclass(frozen=True)
class Plain:
    """A layer as it will be built: its type, and a value for every option it declares."""

    type: str
    options: Mapping[str, Any]


def is_loss(kind: str) -> bool:
    """Whether a layer type ends a network."""
    return issubclass(LAYERS[kind], Loss)


def size_option(kind: str) -> str:
    """The option that gives the number of a loss's outputs."""
    return next(each.name for each in LAYERS[kind].declared if each.default is REQUIRED)


def accepted(kind: str, activation: str | None = None) -> tuple[Option, ...]:
    """The options of a definition of type `kind`: the type's own, then those of the short forms.

    A loss also accepts those of the fc before it, an `activation` adds those of its layer.
    """
    options = list(LAYERS[kind].declared)
    if is_loss(kind):
        more = [each for each in LAYERS[DENSE].declared if each.name != _DENSE_SIZE]
    elif kind == DROPOUT:
        more = []
    else:
        more = [_ACTIVATION] if kind in ACTIVATED else []
        more += LAYERS[activation].declared if activation else ()
        dropout = LAYERS[DROPOUT].declared
        more += [replace(each, default=None, help=_DROP) for each in dropout]
    own = {each.name for each in options}
    return (*options, *(each for each in more if each.name not in own))


def bias_default(follower: str | None) -> dict[str, float]:
    """Where biases start by default, given the type of the next layer."""
    return {"bias_pref": RELU_BIAS[1]} if follower == RELU_BIAS[0] else {}


def expand(kind: str, given: Sequence[Given]) -> tuple[Plain, ...]:
    """The plain layers of a definition, in the network's order.

    Raises:
        OptionError: an option is unknown, missing or has a bad value.
    """
    activation = _activation(kind, given)
    values = resolve(kind, accepted(kind, activation), given, bias_default(activation))
    if is_loss(kind):
        dense = {**values, _DENSE_SIZE: values[size_option(kind)]}
        return (_plain(DENSE, dense), _plain(kind, values))
    layers = [_plain(kind, values)]
    if activation:
        layers.append(_plain(activation, values))
    if kind != DROPOUT and values["drop_prob"] is not None:
        layers.append(_plain(DROPOUT, values))
    return tuple(layers)


def _activation(kind: str, given: Sequence[Given]) -> str | None:
    """The activation asked for, if there is one; a wrong name is reported with the options."""
    if kind not in ACTIVATED:
        return None
    asked = [each.value for each in given if each.name == _ACTIVATION.name]
    return next((name for name in ACTIVATIONS if name in asked), None)


def _plain(kind: str, values: Mapping[str, Any]) -> Plain:
    """A layer with its options from `values`, and defaults for the rest."""
    declared = LAYERS[kind].declared
    own = [Given(each.name, values[each.name], "") for each in declared if each.name in values]
    return Plain(kind, resolve(kind, declared, own))
