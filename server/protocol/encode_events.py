"""Events as the bytes and texts that go over the websocket.

A message is encoded once, where it arises; the sequence number is put in front of it later, by the
session that sends it, without encoding the rest again.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from server.protocol.events import BinaryEvent, Event, LayerMaps, Layers, PixelMap, Predictions

_LENGTH = struct.Struct("<I")
_MAPS = ("activations", "gradients", "weights", "weight_gradients")


def plain(value: Any) -> Any:
    """What JSON can say of a message: keys as on the wire, null for numbers that are not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return plain_members(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value


def plain_members(value: Any) -> dict[str, Any]:
    """The same of a dataclass: what is to be left out is, where there is nothing to say."""
    members: dict[str, Any] = {}
    for member in fields(value):
        item = getattr(value, member.name)
        if item is None and member.metadata.get("omit"):
            continue
        members[member.metadata.get("alias", member.name)] = plain(item)
    return members


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
