"""Prints a NetSpec in the spec language, in the short forms that a person would write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.language.model import LayerSpec, NetSpec
from engine.language.resolve_options import Given, show_number
from engine.language.sugar import ACTIVATED, DENSE, DROPOUT, Plain, accepted, expand, is_loss
from engine.layers import ACTIVATIONS
from engine.options import REQUIRED, Option
from engine.update_rules.optimizers import TRAINER_OPTIONS

_ALWAYS_SHOWN = ("stride", "method")
_LONGEST_RUN = 3  # conv, activation, dropout


def to_text(spec: NetSpec) -> str:
    """The text of a spec: `parse(to_text(spec)) == spec`, for the images it was parsed for."""
    return lay_out(_definitions(spec.layers), _trainer(spec.trainer.options))


def lay_out(layers: Iterable[str], trainer: str) -> str:
    """A whole text, laid out like the original page's, from one object literal per layer and one
    with the trainer's options.
    """
    pushes = [f"  layer_defs.push({layer});" for layer in layers]
    return "\n".join(
        (
            "layer_defs = [];",
            *pushes,
            "",
            "  net = new convnetjs.Net();",
            "  net.makeLayers(layer_defs);",
            "",
            f"  trainer = new convnetjs.SGDTrainer(net, {trainer});",
            "",
        )
    )


def _definitions(layers: Sequence[LayerSpec]) -> Iterator[str]:
    plain = tuple(Plain(layer.type, dict(layer.options)) for layer in layers)
    start = 0
    while start < len(plain):
        kind, shown, length = _definition(plain[start:])
        yield _object({"type": kind, **shown})
        start += length


def _definition(rest: tuple[Plain, ...]) -> tuple[str, dict[str, Any], int]:
    """The definition that covers most of the next layers: type, options, how many layers.

    Short forms are tried, longest first, and used if they expand into exactly these layers.
    """
    for length in range(min(_LONGEST_RUN, len(rest)), 0, -1):
        run = rest[:length]
        kind = run[-1].type if is_loss(run[-1].type) else run[0].type
        may_fold = length == 2 and run[0].type == DENSE if is_loss(kind) else kind in ACTIVATED
        if length > 1 and not may_fold:
            continue
        shown = _shown(kind, run)
        if expand(kind, _given(shown)) == run:
            return kind, shown, length
    raise ValueError(f"no text describes {rest[0].type} followed by {len(rest) - 1} layers")


def _shown(kind: str, run: tuple[Plain, ...]) -> dict[str, Any]:
    """The options that `kind` needs in order to expand into `run`, in the order of reading."""
    values = _merged(kind, run)
    types = [each.type for each in run]
    activation = None
    if kind in ACTIVATED:
        activation = next((each for each in types if each in ACTIVATIONS), None)
    options = sorted(accepted(kind, activation), key=lambda each: each.default is not REQUIRED)
    shown = {each.name: values[each.name] for each in options if _always(each)}
    if activation:
        shown["activation"] = activation
    if DROPOUT in types:
        shown["drop_prob"] = values["drop_prob"]
    bare = _merged(kind, expand(kind, _given(shown)))
    names = [each.name for each in options]
    shown |= {name: values[name] for name in bare if bare[name] != values.get(name, bare[name])}
    return {name: shown[name] for name in names if name in shown}


def _merged(kind: str, run: tuple[Plain, ...]) -> dict[str, Any]:
    """The options of all layers of a run; those of the layer of type `kind` take precedence."""
    ordered = sorted(run, key=lambda each: each.type == kind)
    return {name: value for each in ordered for name, value in each.options.items()}


def _always(option: Option) -> bool:
    """Whether an option is printed even if the text would mean the same without it."""
    return option.name in _ALWAYS_SHOWN or (option.default is REQUIRED and option.same_as is None)


def _given(values: Mapping[str, Any]) -> list[Given]:
    return [Given(name, value, "") for name, value in values.items()]


def _trainer(options: Mapping[str, Any]) -> str:
    return _object(
        {
            each.name: options[each.name]
            for each in TRAINER_OPTIONS
            if options[each.name] != each.default_among(options) or each.name in _ALWAYS_SHOWN
        }
    )


def _object(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}:{literal(value)}" for name, value in values.items()) + "}"


def literal(value: str | float | bool) -> str:
    """A value as a text shows it."""
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    return show_number(value)
