"""Pictures, most of them made to cost a server time or memory."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

from engine.data import load_builtin

ENDLESS_BYTES = 100 << 20
"""So much memory only a process has that is in the midst of decoding `endless()`."""


def digit_png() -> bytes:
    """A good picture: one of MNIST's digits, enlarged."""
    file = io.BytesIO()
    Image.fromarray(load_builtin().test_images[3]).resize((96, 96)).save(file, "PNG")
    return file.getvalue()


def saved(form: str, size: tuple[int, int] = (100, 100), **options: Any) -> bytes:
    """A bar on white, in a format of Pillow's."""
    picture = Image.new("L", size, 255)
    picture.paste(0, (size[0] // 3, size[1] // 4, size[0] // 2, 3 * size[1] // 4))
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A whole PNG of one bit a pixel; its zeros take next to no room."""
    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(row * 1000) for _ in range(height // 1000)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        b"".join((_word(len(content)), kind, content, _word(zlib.crc32(kind + content))))
        for kind, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
            (b"IDAT", pixels),
            (b"IEND", b""),
        )
    )  # fmt: skip


def endless() -> bytes:
    """A progressive JPEG of 50 megapixels and 670 KB, which takes over two minutes to decode.

    The last scan of a blank picture has 75 bytes and goes over all pixels; here it comes 5,001
    times.
    """
    file = io.BytesIO()
    Image.new("L", (8000, 6250), 255).save(file, "JPEG", progressive=True)
    start_of_scan, end_of_image = b"\xff\xda", b"\xff\xd9"
    whole = file.getvalue().removesuffix(end_of_image)
    last_scan = whole[whole.rindex(start_of_scan) :]
    return whole + last_scan * 5000 + end_of_image


def _word(number: int) -> bytes:
    return struct.pack(">I", number)
