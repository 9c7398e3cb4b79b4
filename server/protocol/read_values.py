"""Reads the members of commands and inquiries out of JSON; each field names how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar

from server.protocol.refusals import CommandError

T = TypeVar("T")


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


def read_members(kind: type[T], name: str, data: dict[str, Any]) -> T:
    """The dataclass `kind` with its fields read out of `data`, which is used up.

    Raises:
        CommandError: members are missing, unknown or of a wrong type; `name` is what lacks them.
    """
    values: dict[str, Any] = {}
    for member in fields(kind):  # type: ignore[arg-type]
        if member.name not in data:
            if member.default is not MISSING:
                continue
            raise CommandError(f"{name} needs `{member.name}`.", field=member.name)
        reader = reader_of(member)
        value = reader.read(data.pop(member.name))
        if value is None:
            message = f"`{member.name}` of {name} must be {reader.described}."
            raise CommandError(message, field=member.name)
        values[member.name] = value
    if data:
        unknown = next(iter(data))
        raise CommandError(f"{name} has no key `{unknown[:40]}`.", field=unknown[:40])
    return kind(**values)


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
OBJECT = read_as("an object", lambda value: value if isinstance(value, dict) else None)
SETTINGS = read_as(
    "an object with at least one setting",
    lambda value: value if isinstance(value, dict) and value else None,
)
