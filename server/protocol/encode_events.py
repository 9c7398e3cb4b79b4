"""Events as the bytes and texts that go over the websocket.

A message is encoded once, where it arises. Whoever sends it on puts a sequence number in front and
leaves out the cards that a viewer does not see, which takes neither reading nor encoding again.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias

from server.protocol.events import Answer, LayerMaps, Layers, PixelMap, Predictions, TextEvent

_LENGTH = struct.Struct("<I")
_MAPS = ("activations", "gradients", "weights", "weight_gradients")


def plain(value: Any) -> Any:
    """What JSON can say of a message: keys as on the wire, null for numbers that are not finite."""
    # First what there is most of: a message may hold tens of thousands of counts.
    if isinstance(value, (int, str)):
        return value
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

    @property
    def size(self) -> int:
        """About how many bytes the message has."""
        return len(self.head) + len(self.payload or b"")

    def numbered(self, seq: int) -> str | bytes:
        """The message as it goes over the websocket."""
        head = f'{{"seq":{seq},{self.head[1:]}'
        return head if self.payload is None else _pack(head, self.payload)


EncodedMap: TypeAlias = tuple[str, bytes]
"""One picture of a card: its JSON up to the offset of its pixels, and the pixels.

A plain tuple: many of them go from one process to another, several times as fast as dataclasses.
"""


@dataclass(frozen=True, slots=True)
class Cards:
    """A `layers` message, encoded card by card: each viewer gets those that it has on screen.

    Attributes:
        head: the message's JSON up to its list of cards.
        cards: index of a layer, and its pictures.
    """

    head: str
    cards: tuple[tuple[int, tuple[EncodedMap, ...]], ...]

    @property
    def size(self) -> int:
        """Bytes of pixels on all cards."""
        return sum(len(pixels) for _, images in self.cards for _, pixels in images)

    def select(self, layers: Collection[int]) -> Frame:
        """The message with the cards of these layers alone."""
        texts: list[str] = []
        chunks: list[bytes] = []
        offset = 0
        for index, images in self.cards:
            if index not in layers:
                continue
            members = [f'"index":{index}']
            for head, pixels in images:
                members.append(f"{head}{offset}}}")
                chunks.append(pixels)
                offset += len(pixels)
            texts.append(f"{{{','.join(members)}}}")
        return Frame(f"{self.head}{','.join(texts)}]}}", b"".join(chunks))


def encode(event: TextEvent | Predictions) -> Frame:
    """Encode any event but `Layers`; numbers that are not finite become null."""
    if isinstance(event, Predictions):
        return _encode_predictions(event)
    return Frame(_dump({"type": event.type, **plain(event)}))


def encode_answer(command_id: int, result: str) -> Frame:
    """The answer to a command, with a result that is a JSON object's text already."""
    return Frame(f'{{"type":"{Answer.type}","id":{command_id},"ok":true,"result":{result}}}')


def encode_layers(event: Layers) -> Cards:
    """Encode the pictures of the layer cards."""
    head = {"type": event.type, "run_id": event.run_id, "step": event.step}
    head |= {"source": event.source, "label": event.label}
    cards = tuple((layer.index, _encode_card(layer)) for layer in event.layers)
    return Cards(f'{_dump(head)[:-1]},"layers":[', cards)


def decode_event(message: str | bytes) -> tuple[dict[str, Any], bytes]:
    """Header and payload of a message, as the page reads it; for tests and Python clients."""
    if isinstance(message, str):
        return json.loads(message), b""
    (length,) = _LENGTH.unpack_from(message)
    start = _LENGTH.size + length
    return json.loads(message[_LENGTH.size : start]), message[start + -start % 4 :]


def _encode_card(layer: LayerMaps) -> tuple[EncodedMap, ...]:
    images = ((name, getattr(layer, name)) for name in _MAPS)
    return tuple(_encode_map(name, image) for name, image in images if image is not None)


def _encode_map(name: str, image: PixelMap) -> EncodedMap:
    shape = f'"shape":{_shape(image.shape)}'
    if image.whole is not None:
        shape += f',"whole":{_shape(image.whole)}'
    lowest, highest = _number(image.minimum), _number(image.maximum)
    return f'"{name}":{{{shape},"min":{lowest},"max":{highest},"offset":', image.pixels


def _shape(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _number(value: float) -> str:
    """A number in JSON; also of NumPy's, whose own text says of which type it is."""
    return float.__repr__(value) if math.isfinite(value) else "null"


def _encode_predictions(event: Predictions) -> Frame:
    items = [{"label": each.label, "top": plain(each.top)} for each in event.items]
    head = {
        "type": event.type,
        "run_id": event.run_id,
        "round": event.round,
        "shape": (len(items), event.height, event.width),
        "offset": 0,
        "items": items,
    }
    return Frame(_dump(head), b"".join(each.pixels for each in event.items))


def _pack(head: str, payload: bytes) -> bytes:
    data = head.encode()
    # The payload starts on a multiple of four, so that the page may view it as float32.
    padding = bytes(-(_LENGTH.size + len(data)) % 4)
    return b"".join((_LENGTH.pack(len(data)), data, padding, payload))


_dump = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
