"""Strict decoding of commands: JSON text to one member of the union."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from server.protocol.commands import COMMANDS, Command
from server.protocol.read_values import is_integer, read_members
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
    if not is_integer(command_id):
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
        raise CommandError(_unknown(name), field="type")
    command: Command = read_members(kind, str(name), data)
    return command


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
        raise CommandError("A key appears twice in the command.")
    return data


def _refuse_constant(text: str) -> NoReturn:
    raise CommandError(f"{text} is not a number that a command may hold.")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise CommandError(f"{text[:20]} is too large a number.")
    return value


def _bounded(text: str) -> int:
    if len(text) > len(str(MAX_INTEGER)) + 1 or abs(int(text)) > MAX_INTEGER:
        raise CommandError(f"{text[:20]} is too large a number.")
    return int(text)


def _unknown(name: Any) -> str:
    if isinstance(name, str):
        return f"There is no command “{name[:40]}”."
    return "The command needs a `type` that is a text."
