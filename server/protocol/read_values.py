"""Reads the values of a command's keys out of JSON; each key in `commands` names how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reader:
    """How a value is read.

    Attributes:
        described: what the value must be, as a refusal says it.
        read: gives the value as the command holds it, or None for one that is something else.
    """

    described: str
    read: Callable[[Any], Any]


def read_as(described: str, read: Callable[[Any], Any]) -> Mapping[str, Reader]:
    """The metadata of a command's field whose value is read like this."""
    return {"reader": Reader(described, read)}


def reader_of(member: Field[Any]) -> Reader:
    """The reader that a command's field names."""
    reader: Reader = member.metadata["reader"]
    return reader


def is_integer(value: Any) -> bool:
    """Whether it is an integer, which true and false are to Python, but not here."""
    return isinstance(value, int) and not isinstance(value, bool)


def _integers(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, list) and all(is_integer(item) for item in value):
        return tuple(value)
    return None


INTEGER = read_as("an integer", lambda value: value if is_integer(value) else None)
TEXT = read_as("a text", lambda value: value if isinstance(value, str) else None)
FLAG = read_as("true or false", lambda value: value if isinstance(value, bool) else None)
INTEGERS = read_as("a list of integers", _integers)
SETTINGS = read_as(
    "an object with at least one setting",
    lambda value: value if isinstance(value, dict) and value else None,
)
