"""Strict decoding of commands: JSON text to one member of the union."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, NoReturn

from server.protocol.commands import COMMANDS, Command
from server.protocol.refusals import CommandError

MAX_COMMAND_BYTES = 64 * 1024
MAX_INTEGER = 2**53


def decode_command(text: str) -> Command:
    """Read one command.

    Raises:
        CommandError: too long, not JSON, unknown type, or keys missing, unknown or of a wrong type.
    """
    data = _load_object(text)
    command_id = data.get("id")
    if not _is_integer(command_id):
        raise CommandError("The command needs an integer `id`.", field="id")
    try:
        return _build(data)
    except CommandError as error:
        error.id = command_id
        raise


def _build(data: dict[str, Any]) -> Command:
    name = data.pop("type", None)
    kind = COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise CommandError(f"There is no command {_show(name)}.", field="type")
    values: dict[str, Any] = {}
    for member in fields(kind):
        if member.name not in data:
            if member.default is not MISSING:
                continue
            raise CommandError(f"{name} needs `{member.name}`.", field=member.name)
        described, reader = _READERS[str(member.type)]
        value = reader(data.pop(member.name))
        if value is None:
            raise CommandError(f"`{member.name}` of {name} must be {described}.", field=member.name)
        values[member.name] = value
    if data:
        unknown = next(iter(data))
        raise CommandError(f"{name} knows no `{unknown[:40]}`.", field=unknown[:40])
    return kind(**values)


def _load_object(text: str) -> dict[str, Any]:
    if len(text) > MAX_COMMAND_BYTES or len(text.encode(errors="replace")) > MAX_COMMAND_BYTES:
        raise CommandError(f"A command may have at most {MAX_COMMAND_BYTES} bytes.")
    try:
        data = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except CommandError:
        raise
    except (ValueError, RecursionError) as error:
        raise CommandError("The command is not valid JSON.") from error
    if not isinstance(data, dict):
        raise CommandError("A command is a JSON object.")
    _refuse_surrogates(data)
    return data


def _refuse_surrogates(data: dict[str, Any]) -> None:
    # An escaped half of a surrogate pair passes JSON, and then breaks whoever encodes the text.
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CommandError("The command holds text that is not valid Unicode.") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise CommandError("A key stands twice in the command.")
    return data


def _refuse_constant(text: str) -> NoReturn:
    raise CommandError(f"{text} is no number that a command may hold.")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise CommandError(f"{text[:20]} is too large a number.")
    return value


def _bounded(text: str) -> int:
    if len(text) > len(str(MAX_INTEGER)) + 1 or abs(int(text)) > MAX_INTEGER:
        raise CommandError(f"{text[:20]} is too large a number.")
    return int(text)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _read_integers(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, list) and all(_is_integer(item) for item in value):
        return tuple(value)
    return None


def _read_settings(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) and value else None


_READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "int": ("an integer", lambda value: value if _is_integer(value) else None),
    "str": ("a text", lambda value: value if isinstance(value, str) else None),
    "bool": ("true or false", lambda value: value if isinstance(value, bool) else None),
    "tuple[int, ...]": ("a list of integers", _read_integers),
    "Mapping[str, Any]": ("an object with at least one setting", _read_settings),
}


def _show(name: Any) -> str:
    return f"“{name[:40]}”" if isinstance(name, str) else "without a `type` that is text"
