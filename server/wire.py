"""The bytes on the websocket: strict decoding of commands, encoding of events.

A message is encoded once, where it arises; the sequence number is put in front of it later, by the
session that sends it, without encoding the rest again.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, NoReturn

from server.messages import (
    COMMANDS,
    BinaryEvent,
    Command,
    Event,
    LayerMaps,
    Layers,
    PixelMap,
    Predictions,
    plain,
)

MAX_COMMAND_BYTES = 64 * 1024
MAX_INTEGER = 2**53
_LENGTH = struct.Struct("<I")
_MAPS = ("activations", "gradients", "weights", "weight_gradients")


class CommandError(ValueError):
    """A command that cannot be carried out; `id` is the command's where it could be read."""

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        line: int | None = None,
        column: int | None = None,
        id: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.line = line
        self.column = column
        self.id = id


# --- events ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """An encoded event without its sequence number; `payload` is None for text messages.

    `head` is a JSON object's text with at least one key.
    """

    head: str
    payload: bytes | None = None

    def numbered(self, seq: int) -> str | bytes:
        """The message as it goes over the websocket."""
        head = f'{{"seq":{seq},{self.head[1:]}'
        return head if self.payload is None else _pack(head, self.payload)


def encode(event: Event) -> Frame:
    """Encode any event; numbers that are not finite become null."""
    if isinstance(event, Layers):
        return _encode_layers(event)
    if isinstance(event, Predictions):
        return _encode_predictions(event)
    return Frame(_dump({"type": event.type, **plain(event)}))


def decode_event(message: str | bytes) -> tuple[dict[str, Any], bytes]:
    """Header and payload of a message, as the page reads it; for tests and Python clients."""
    if isinstance(message, str):
        return json.loads(message), b""
    (length,) = _LENGTH.unpack_from(message)
    start = _LENGTH.size + length
    return json.loads(message[_LENGTH.size : start]), message[start + -start % 4 :]


def select_layers(frame: Frame, wanted: Collection[int]) -> Frame:
    """The same `layers` message with only those layers that one viewer has on screen."""
    header = json.loads(frame.head)
    kept = [layer for layer in header["layers"] if layer["index"] in wanted]
    if len(kept) == len(header["layers"]):
        return frame
    assert frame.payload is not None
    chunks: list[bytes] = []
    offset = 0
    for layer in kept:
        for name in _MAPS:
            if name in layer:
                size = _size(layer[name]["shape"])
                start = layer[name]["offset"]
                chunks.append(frame.payload[start : start + size])
                layer[name]["offset"] = offset
                offset += size
    header["layers"] = kept
    return Frame(_dump(header), b"".join(chunks))


def _encode_layers(event: Layers) -> Frame:
    chunks: list[bytes] = []
    offset = 0

    def place(image: PixelMap) -> dict[str, Any]:
        nonlocal offset
        placed = {
            "shape": list(image.shape),
            "offset": offset,
            "min": plain(image.minimum),
            "max": plain(image.maximum),
        }
        chunks.append(image.pixels)
        offset += len(image.pixels)
        return placed

    def card(layer: LayerMaps) -> dict[str, Any]:
        images = ((name, getattr(layer, name)) for name in _MAPS)
        return {"index": layer.index} | {name: place(image) for name, image in images if image}

    header = _header(event, ("run_id", "step", "source", "label"))
    header["layers"] = [card(layer) for layer in event.layers]
    return Frame(_dump(header), b"".join(chunks))


def _encode_predictions(event: Predictions) -> Frame:
    header = _header(event, ("run_id", "round", "shape"))
    header |= {"offset": 0, "items": plain(event.items)}
    return Frame(_dump(header), event.pixels)


def _header(event: BinaryEvent, names: tuple[str, ...]) -> dict[str, Any]:
    return {"type": event.type} | {name: plain(getattr(event, name)) for name in names}


def _pack(head: str, payload: bytes) -> bytes:
    data = head.encode()
    # The payload starts on a multiple of four, so that the page may view it as float32.
    padding = bytes(-(_LENGTH.size + len(data)) % 4)
    return b"".join((_LENGTH.pack(len(data)), data, padding, payload))


def _size(shape: list[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def _dump(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


# --- commands -------------------------------------------------------------------------------------


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
