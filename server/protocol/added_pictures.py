"""The pictures that a session's owner has added to its training data, and how they are packed."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

SIDE = 28
"""Whoever prepares pictures makes them so many pixels wide and high."""
MOST_PICTURES = 100
HIGHEST_LABEL = 255
"""Labels of a data set are bytes."""

_PACKED = struct.Struct(f"<B{SIDE * SIDE}s")


@dataclass(frozen=True, slots=True)
class AddedPicture:
    """One picture, bright on black as the network sees it, and what its owner says it is.

    Attributes:
        label: index of its class.
        pixels: (28, 28) uint8, row by row.
    """

    label: int
    pixels: bytes

    @property
    def id(self) -> str:
        """Follows from the pixels: a picture is added once, however often it comes."""
        return hashlib.sha256(self.pixels).hexdigest()[:16]


def pack(pictures: tuple[AddedPicture, ...]) -> bytes:
    """All of them as bytes."""
    return b"".join(_PACKED.pack(picture.label, picture.pixels) for picture in pictures)


def unpack(data: bytes) -> tuple[AddedPicture, ...]:
    """What `pack` packed.

    Raises:
        ValueError: it has packed no such thing.
    """
    if len(data) % _PACKED.size or len(data) > MOST_PICTURES * _PACKED.size:
        raise ValueError(f"{len(data)} bytes are no list of pictures")
    return tuple(AddedPicture(*each) for each in _PACKED.iter_unpack(data))
