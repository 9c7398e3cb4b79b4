"""Bounds the numbers that files bring in, so that nothing added to them later can overflow."""

from __future__ import annotations

from collections.abc import Mapping

LARGEST_WHOLE_NUMBER = 2**53 - 1
"""Up to here floating point, JavaScript and SQLite hold every whole number exactly."""
LARGEST_COUNT = 2**50
"""A counter goes on from where a file left it: a million a second take 250 years from here."""
LARGEST_MEASUREMENT = 1e60
"""A sum of 2^50 numbers of float32 stays below: the loss of a network that diverges may be any."""


def bounded_whole_number(value: object, name: str, most: int = LARGEST_WHOLE_NUMBER) -> int:
    """The value, if it is a whole number from 0 to `most`.

    Raises:
        ValueError: it is not.
    """
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{name} must be a whole number from 0 to {most}, not {value!r:.40}")
    return value


def count(value: object, name: str) -> int:
    """The value, if it is a counter that can still be added to.

    Raises:
        ValueError: it is not.
    """
    return bounded_whole_number(value, name, LARGEST_COUNT)


def check_bounded(values: object, most: float = LARGEST_WHOLE_NUMBER) -> None:
    """Refuse what was read from a file if any number in it, however deep, would overflow.

    So a number that is added to a format later is bounded before anybody thinks of it. Whole
    numbers must be below 2^53, others at most `most`.

    Raises:
        ValueError: one is beyond its bound, or not finite.
    """
    waiting = [values]
    while waiting:
        match waiting.pop():
            case int() as number if abs(number) > LARGEST_WHOLE_NUMBER:
                raise ValueError(f"{number!r:.40} is too large a number")
            case float() as number if not abs(number) <= most:
                raise ValueError(f"{number!r:.40} is too large a number")
            case Mapping() as each:
                waiting.extend(each.values())
            case list() | tuple() as each:
                waiting.extend(each)
