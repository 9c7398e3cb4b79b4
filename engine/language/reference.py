"""What can be written in the spec language, gathered from what layers and trainer declare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.language.other_names import OTHER_NAMES
from engine.language.printer import literal
from engine.language.sugar import accepted
from engine.layers import LAYERS, Layer, Option
from engine.layers.weights import WEIGHT_OPTIONS
from engine.options import REQUIRED
from engine.update_rules.optimizers import TRAINER_OPTIONS


@dataclass(frozen=True)
class Entry:
    """A layer type or an option.

    Attributes:
        ours: whether ConvNetJS does not have it.
        default: what holds where an option is left out, as a text shows it; "" if nothing does.
        required: whether an option must be given.
        choices: what an option may be, if that is a list of words.
        options: a layer type's own, without those of the sections that follow.
    """

    name: str
    help: str
    ours: bool
    default: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    options: tuple[Entry, ...] = ()

    @property
    def also(self) -> str:
        """What other frameworks call it and its options, by which people search for it."""
        names = [self.name, *(each.name for each in self.options)]
        return " ".join(OTHER_NAMES.get(name, "") for name in names)


@dataclass(frozen=True)
class Section:
    """Entries that stand under one title."""

    title: str
    entries: tuple[Entry, ...]


def reference() -> tuple[Section, ...]:
    """All layer types with their options, and all options of the trainer."""
    conv = LAYERS["conv"].declared
    return (
        Section("Layers", tuple(map(_layer, LAYERS.values()))),
        Section("Options of conv, fc and losses", _options(WEIGHT_OPTIONS)),
        Section("Short forms", _options(each for each in accepted("conv") if each not in conv)),
        Section("Trainer", _options(TRAINER_OPTIONS)),
    )


def _layer(layer: type[Layer]) -> Entry:
    own = _options(each for each in layer.declared if each not in WEIGHT_OPTIONS)
    required_first = tuple(sorted(own, key=lambda each: not each.required))
    return Entry(layer.type, layer.help, layer.ours, options=required_first)


def _options(options: Iterable[Option]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            each.name,
            each.help,
            each.ours,
            default=_default(each),
            required=each.default is REQUIRED and each.same_as is None,
            choices=each.choices,
        )
        for each in options
    )


def _default(option: Option) -> str:
    if option.same_as is not None:
        return f"= {option.same_as}"
    if option.default in (REQUIRED, None):
        return ""
    others: dict[str, list[str]] = {}
    for method, default in option.by_method.items():
        others.setdefault(literal(default), []).append(method)
    more = (f"{value} with {', '.join(methods)}" for value, methods in others.items())
    return "; ".join((literal(option.default), *more))
