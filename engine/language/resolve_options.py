"""Checks given values against declared options, whether they come from a text or from a program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from engine.language.errors import OptionError, excerpt
from engine.language.other_names import suggestion
from engine.options import REQUIRED, Option

LARGEST_INTEGER = 10**9
"""The largest whole number that any option accepts, so that sums and products stay printable."""


@dataclass(frozen=True)
class Given:
    """A value and the name it was given under, the option's or an alias; `shown` is its text."""

    name: str
    value: object
    shown: str


class NameFault(OptionError):
    """The option's name is wrong, not its value."""


class MissingOption(OptionError):
    """An option without a default was left out."""


def given_by_program(values: Mapping[str, object]) -> list[Given]:
    """Values as a program or a decoded JSON message holds them."""
    return [Given(name, value, _show(value)) for name, value in values.items()]


def _show(value: object) -> str:
    if isinstance(value, str):
        return f"'{excerpt(value)}'"
    if value is None or isinstance(value, bool | float):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "a number with more than 20 digits"
    return "an array" if isinstance(value, Sequence) else "an object"


def resolve(
    owner: str,
    declared: Sequence[Option],
    given: Iterable[Given],
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A value for every declared option, in the order of declaration.

    `defaults` replace declared defaults; a default that differs with the method follows the method
    that is given, or else its default. Values are converted to the option's kind: 1 given to a
    float option is 1.0. An option with the default None is None if left out.

    Raises:
        NameFault: `owner` has no such option, or it is given under two names.
        MissingOption: `owner` needs an option that is not given.
        OptionError: a value is of the wrong kind or out of range.
    """
    by_name = {name: option for option in declared for name in (option.name, *option.aliases)}
    values: dict[str, Any] = {}
    for each in given:
        option = by_name.get(each.name)
        if option is None:
            raise NameFault(each.name, _unknown(owner, each.name, declared))
        if option.name in values:
            message = f"`{each.name}` sets `{option.name}` a second time"
            raise NameFault(each.name, message)
        values[option.name] = check(option, each)
    for option in declared:
        if option.name not in values:
            values[option.name] = _default(owner, option, values, defaults or {})
    return {option.name: values[option.name] for option in declared}


def _unknown(owner: str, name: str, declared: Sequence[Option]) -> str:
    names = [each for option in declared for each in (option.name, *option.aliases)]
    message = f"`{excerpt(name)}` is not an option of {owner}"
    hint = suggestion(name, names)
    if hint:
        return message + hint
    if not declared:
        return f"{message}, which has none"
    return f"{message}, which has {', '.join(option.name for option in declared)}"


def _default(
    owner: str, option: Option, values: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Any:
    if option.same_as is not None and option.same_as in values:
        return values[option.same_as]
    default = defaults.get(option.name, option.default_among(values))
    if default is REQUIRED:
        name = option.same_as or option.name
        raise MissingOption(name, f"{owner} needs `{name}`")
    return None if default is None else option.kind(default)


def check(option: Option, given: Given) -> Any:
    """The value, converted to the option's kind.

    Raises:
        OptionError: it is of another kind, or out of the option's range.
    """
    if option.kind is str:
        return _check_string(option, given)
    if option.kind is bool:
        if not isinstance(given.value, bool):
            raise OptionError(
                given.name, f"`{given.name}` must be true or false, not {given.shown}"
            )
        return given.value
    return _check_number(option, given)


def _check_string(option: Option, given: Given) -> str:
    value = given.value
    if option.choices and value not in option.choices:
        hint = suggestion(value, option.choices, "'") if isinstance(value, str) else ""
        choices = ", ".join(f"'{choice}'" for choice in option.choices)
        message = f"`{given.name}` must be one of {choices}, not {given.shown}{hint}"
        raise OptionError(given.name, message)
    if not isinstance(value, str):
        raise OptionError(given.name, f"`{given.name}` must be a string, not {given.shown}")
    return value


def _check_number(option: Option, given: Given) -> int | float:
    whole, value = option.kind is int, given.value
    kind = "a whole number" if whole else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(given.name, f"`{given.name}` must be {kind}, not {given.shown}")
    limits = _range(option)
    # An integer too large for a double cannot be compared with one; it is out of range anyway.
    if isinstance(value, int) and abs(value) > 10**300:
        value = float("inf")
    if not isfinite(value):
        message = f"`{given.name}` must be {limits or kind} and finite, not {given.shown}"
        raise OptionError(given.name, message)
    if whole and value != int(value):
        raise OptionError(given.name, f"`{given.name}` must be a whole number, not {given.shown}")
    if not _within(option, value):
        raise OptionError(given.name, f"`{given.name}` must be {limits}, not {given.shown}")
    if whole and abs(value) > LARGEST_INTEGER:
        message = f"`{given.name}` must be at most {LARGEST_INTEGER:,}, not {given.shown}"
        raise OptionError(given.name, message)
    if option.odd and value % 2 != 1:
        raise OptionError(given.name, f"`{given.name}` must be odd, not {given.shown}")
    # + 0.0 turns -0.0, which no text shows, into 0.0.
    return int(value) if whole else float(value) + 0.0


def _within(option: Option, value: float) -> bool:
    return (
        (option.minimum is None or value >= option.minimum)
        and (option.maximum is None or value <= option.maximum)
        and (option.below is None or value < option.below)
    )


def _range(option: Option) -> str:
    parts = []
    if option.minimum is not None:
        parts.append(f"at least {show_number(option.minimum)}")
    if option.maximum is not None:
        parts.append(f"at most {show_number(option.maximum)}")
    if option.below is not None:
        parts.append(f"below {show_number(option.below)}")
    return " and ".join(parts)


def show_number(value: float) -> str:
    """A number as the spec language and its errors write it: 1, 0.001, 1e-8."""
    if value == int(value) and abs(value) < 10**15:
        return str(int(value))
    mantissa, _, exponent = repr(float(value)).partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa
