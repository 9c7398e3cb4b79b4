"""Turns a text, or plain layers that a program holds, into a checked NetSpec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.language.assemble import Assembly, check_order, check_type
from engine.language.errors import OptionError, SpecError
from engine.language.literals import Program, RawObject
from engine.language.model import (
    DEFAULT_LIMITS,
    MNIST_SHAPE,
    DataShape,
    FrozenOptions,
    Limits,
    NetSpec,
    TrainerSpec,
)
from engine.language.parser import Parser
from engine.language.resolve_options import (
    Given,
    MissingOption,
    NameFault,
    given_by_program,
    resolve,
)
from engine.language.sugar import DENSE, Plain, bias_default, expand
from engine.language.tokens import Source
from engine.layers import LAYERS, ShapeError
from engine.update_rules.optimizers import TRAINER_OPTIONS

TYPE = "type"


def parse(
    text: str,
    *,
    images: DataShape = MNIST_SHAPE,
    limits: Limits = DEFAULT_LIMITS,
    trainer_defaults: Mapping[str, Any] | None = None,
) -> NetSpec:
    """Parse a text in the spec language of ConvNetJS; nothing in it is ever evaluated.

    If the text makes no trainer, or gives it no options, the trainer has the defaults of
    ConvNetJS's SGDTrainer: sgd, learning rate 0.01, momentum 0.9, batch size 1, no decay.

    Args:
        trainer_defaults: what options of the trainer are that the text leaves out, where it was
            written under other defaults than today's.

    Raises:
        SpecError: with the line and column of the first error; syntax errors come first.
    """
    source = Source(text)
    if len(text) > limits.characters:
        message = f"the text has more than {limits.characters:,} characters"
        raise source.error(limits.characters, message)
    program = Parser(source, limits.layers).parse()
    if not program.layers:
        message = "there are no layers: begin with layer_defs = []; and layer_defs.push({…});"
        raise source.error(program.end, message)
    return _build(program, source, Assembly(images, limits), trainer_defaults)


def _build(
    program: Program,
    source: Source,
    assembly: Assembly,
    trainer_defaults: Mapping[str, Any] | None,
) -> NetSpec:
    for index, raw in enumerate(program.layers):
        kind = _type_of(raw, index, len(program.layers), source)
        line = source.line(raw.at)
        try:
            for plain in expand(kind, _given(raw)):
                assembly.add(plain, line)
        except OptionError as error:
            raise _located(error, raw, source) from None
        except ShapeError as error:
            raise source.error(raw.at, str(error)) from None
    raw = program.trainer or RawObject((), program.end)
    try:
        options = resolve("the trainer", TRAINER_OPTIONS, _given(raw), trainer_defaults)
    except OptionError as error:
        raise _located(error, raw, source) from None
    return NetSpec(tuple(assembly.layers), TrainerSpec(FrozenOptions(options)))


def _type_of(raw: RawObject, index: int, count: int, source: Source) -> str:
    option = next((each for each in raw.options if each.name == TYPE), None)
    if option is None:
        raise source.error(raw.at, "this layer has no `type`: {type:'conv', …}")
    try:
        kind = check_type(option.value, option.shown)
        check_order(kind, index, count)
    except ShapeError as error:
        raise source.error(option.value_at, str(error)) from None
    return kind


def _given(raw: RawObject) -> list[Given]:
    return [Given(each.name, each.value, each.shown) for each in raw.options if each.name != TYPE]


def _located(error: OptionError, raw: RawObject, source: Source) -> SpecError:
    """The error, placed at the option's value, or at its name if that is what is wrong."""
    option = next((each for each in raw.options if each.name == error.field), None)
    if option is None or isinstance(error, MissingOption):
        return source.error(raw.at, error.message)
    at = option.name_at if isinstance(error, NameFault) else option.value_at
    return source.error(at, error.message)


def from_layers(
    definitions: Sequence[Mapping[str, object]],
    trainer: TrainerSpec | None = None,
    *,
    images: DataShape = MNIST_SHAPE,
    limits: Limits = DEFAULT_LIMITS,
) -> NetSpec:
    """A NetSpec from plain layers, as a snapshot lists them: no short forms, fc before the loss.

    Each definition maps `type` and any of that type's options. Layers and trainer have the same
    defaults as in a text, including bias_pref 0.1 before a relu.

    Raises:
        OptionError: `field` names the layer that is wrong ("layer 3"; the input is layer 0).
    """
    assembly = Assembly(images, limits)
    kinds = [each.get(TYPE) for each in definitions]
    if not kinds:
        raise OptionError("layers", "there are no layers")
    for index, definition in enumerate(definitions[: limits.layers + 1]):
        follower = kinds[index + 1] if index + 1 < len(kinds) else None
        try:
            kind = check_type(kinds[index], given_by_program({TYPE: kinds[index]})[0].shown)
            check_order(kind, index, len(kinds))
            if index == len(kinds) - 1 and kinds[index - 1] != DENSE:
                raise ShapeError(f"{kind} must come directly after an {DENSE}")
            values = {name: value for name, value in definition.items() if name != TYPE}
            bias = bias_default(follower if isinstance(follower, str) else None)
            options = resolve(kind, LAYERS[kind].declared, given_by_program(values), bias)
            assembly.add(Plain(kind, options))
        except (OptionError, ShapeError) as error:
            raise OptionError(f"layer {index}", f"layer {index}: {error}") from None
    return NetSpec(tuple(assembly.layers), trainer or TrainerSpec.of())
