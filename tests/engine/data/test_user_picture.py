"""Own pictures: brought into MNIST's form from whatever they are, or refused with a sentence."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from engine.data import load_builtin
from engine.data.user_picture import ImageError, prepare_digit
from engine.file_limits import PICTURE_BYTES

DIGITS = load_builtin().test_images
SAMPLE = DIGITS[:40]


def encode(picture: Image.Image | npt.NDArray[Any], form: str = "PNG", **options: Any) -> bytes:
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture)
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


def seven(
    size: tuple[int, int] = (200, 200), ink: Any = 0, paper: Any = 255, mode: str = "L"
) -> Image.Image:
    """A thick 7 in the upper left part of the sheet."""
    picture = Image.new(mode, size, paper)
    unit = min(size) / 100
    points = [(x * unit, y * unit) for x, y in ((15, 15), (50, 15), (25, 75))]
    ImageDraw.Draw(picture).line(points, fill=ink, width=max(1, round(7 * unit)), joint="curve")
    return picture


def enlarged(digit: npt.NDArray[np.uint8], scale: int = 8) -> npt.NDArray[np.float64]:
    """Ink from 0 to 1, the digit off the middle of a wide sheet."""
    size = (28 * scale, 28 * scale)
    large = np.asarray(Image.fromarray(digit).resize(size, Image.Resampling.BICUBIC)) / 255
    return np.pad(large, ((20, 60), (150, 30)))


def likeness(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    """Correlation, the best of those with one of them moved by up to a pixel."""
    return max(
        float(np.corrcoef(np.roll(one, move, (0, 1)).ravel(), other.ravel())[0, 1])
        for move in ((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1))
    )


def assert_mnist_form(image: npt.NDArray[np.uint8]) -> None:
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() == 255
    bright = image > 40
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
    weights = image / image.sum(dtype=float)
    center = [float(weights.sum(axis=1 - axis) @ np.arange(28)) for axis in (0, 1)]
    assert np.abs(np.subtract(center, 14)).max() <= 0.51


@pytest.mark.parametrize("inverted", [False, True])
def test_digits_of_mnist_come_out_as_they_are(inverted: bool) -> None:
    for digit in DIGITS[:200]:
        prepared = prepare_digit(encode(255 - digit if inverted else digit))
        assert np.abs(prepared.astype(int) - digit).mean() < 1
        assert np.abs(prepared.astype(int) - digit).max() <= 16


def test_enlarged_and_moved_digits_come_back() -> None:
    for digit in SAMPLE:
        large = (255 * enlarged(digit)).astype(np.uint8)
        assert likeness(prepare_digit(encode(large)), digit) > 0.9


@pytest.mark.parametrize("gradient", [0, 60, 120])
def test_photographs_of_digits_on_paper_come_back(gradient: int) -> None:
    """Dark ink, light falling off over the sheet, noise, and JPEG on top."""
    rng = np.random.default_rng(0)
    for digit in SAMPLE:
        ink = enlarged(digit)
        y, x = np.mgrid[: ink.shape[0], : ink.shape[1]] / np.max(ink.shape)
        light = 235 - gradient * (0.4 * x + 0.6 * y * y)
        photo = light * (1 - 0.75 * ink) + rng.normal(0, 6, ink.shape)
        content = encode(np.clip(photo, 0, 255).astype(np.uint8), "JPEG", quality=75)
        prepared = prepare_digit(content)
        assert_mnist_form(prepared)
        assert likeness(prepared, digit) > 0.85


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (90, 130), (200, 160)])
def test_dark_on_light_and_light_on_dark_give_the_same(ink: int, paper: int) -> None:
    expected = prepare_digit(encode(seven()))
    prepared = prepare_digit(encode(seven(ink=ink, paper=paper)))
    assert_mnist_form(prepared)
    assert np.abs(prepared.astype(int) - expected).max() <= 3


@pytest.mark.parametrize(
    ("mode", "ink", "paper"),
    [
        ("1", 0, 1),
        ("P", 0, 1),
        ("RGB", (20, 20, 200), (255, 250, 240)),
        ("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("RGBA", (255, 255, 255, 255), (0, 0, 0, 0)),
        ("LA", (0, 255), (255, 0)),
        ("I;16", 0, 65535),
    ],
)
def test_every_kind_of_png_gives_the_same_digit(mode: str, ink: Any, paper: Any) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(seven(), np.uint16) * 257)
    else:
        picture = seven(ink=ink, paper=paper, mode=mode)
        if mode == "P":
            picture.putpalette([0, 0, 0, 255, 255, 255])
    expected = prepare_digit(encode(seven()))
    assert likeness(prepare_digit(encode(picture)), expected) > 0.98


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_every_format_is_read_by_its_content(form: str) -> None:
    prepared = prepare_digit(encode(seven(), form))
    assert_mnist_form(prepared)
    assert likeness(prepared, prepare_digit(encode(seven()))) > 0.98


def test_cmyk_photographs_are_read() -> None:
    prepared = prepare_digit(encode(seven(mode="RGB").convert("CMYK"), "JPEG"))
    assert likeness(prepared, prepare_digit(encode(seven()))) > 0.9


@pytest.mark.parametrize("form", ["BMP", "TIFF", "PPM", "ICO"])
def test_other_formats_are_refused(form: str) -> None:
    with pytest.raises(ImageError, match="not a PNG, JPEG, GIF or WebP"):
        prepare_digit(encode(seven(), form))


def test_the_first_frame_of_an_animation_counts() -> None:
    frames = [seven(), Image.new("L", (200, 200), 0), Image.new("L", (200, 200), 128)]
    for form in ("GIF", "WEBP"):
        content = encode(frames[0], form, save_all=True, append_images=frames[1:], duration=50)
        assert_mnist_form(prepare_digit(content))


def test_the_orientation_in_a_photograph_is_followed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = seven().transpose(Image.Transpose.ROTATE_90)
    upright = prepare_digit(encode(lying, "JPEG", exif=exif, quality=95))
    assert likeness(upright, prepare_digit(encode(seven()))) > 0.98


@pytest.mark.parametrize("size", [(9, 9), (28, 28), (60, 400), (400, 60), (1990, 1990)])
def test_pictures_of_any_size_fill_the_box(size: tuple[int, int]) -> None:
    assert_mnist_form(prepare_digit(encode(seven(size))))


def test_a_digit_that_touches_every_border_is_found() -> None:
    tight = seven().crop((28, 22, 108, 150))
    assert likeness(prepare_digit(encode(tight)), prepare_digit(encode(seven()))) > 0.9


def test_dust_does_not_count() -> None:
    expected = prepare_digit(encode(seven()))
    dusty = seven()
    draw = ImageDraw.Draw(dusty)
    for x, y in ((190, 190), (3, 150), (120, 4)):
        draw.rectangle((x, y, x + 2, y + 2), fill=0)
    assert likeness(prepare_digit(encode(dusty)), expected) > 0.98


def test_digits_of_two_strokes_stay_whole() -> None:
    picture = seven()
    ImageDraw.Draw(picture).line([(110, 60), (140, 60)], fill=0, width=14)
    prepared = prepare_digit(encode(picture))
    assert likeness(prepared, prepare_digit(encode(seven()))) < 0.95
    assert_mnist_form(prepared)


def gradient_only() -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[:200, :300]
    noise = np.random.default_rng(0).normal(0, 2, x.shape)
    return np.array(230 - x * 0.3 - y * 0.2 + noise, np.uint8)


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("L", (200, 200), 255),
        Image.new("L", (200, 200), 0),
        Image.new("RGBA", (50, 50), (0, 0, 0, 0)),
        Image.new("L", (1, 1), 7),
        Image.new("L", (28, 28), 0),
        seven(ink=250),
        Image.fromarray(gradient_only()),
    ],
    ids=["white", "black", "transparent", "one pixel", "28x28", "too faint", "shadow"],
)
def test_blank_pictures_are_said_to_be_blank(picture: Image.Image) -> None:
    with pytest.raises(ImageError, match="blank"):
        prepare_digit(encode(picture))


def test_no_picture_is_a_sentence() -> None:
    for content in (b"just text", b"\x89PNG", b"GIF", bytes(1000), b"<svg></svg>"):
        with pytest.raises(ImageError, match=r"not a PNG, JPEG, GIF or WebP picture\.$"):
            prepare_digit(content)
    with pytest.raises(ImageError, match="empty"):
        prepare_digit(b"")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_cut_off_and_flipped_files_never_raise_anything_else(form: str) -> None:
    rng = np.random.default_rng(1)
    whole = encode(DIGITS[0], form)
    for end in range(0, len(whole), max(1, len(whole) // 40)):
        spoiled = bytearray(whole)
        spoiled[end] ^= int(rng.integers(1, 256))
        for content in (whole[:end], bytes(spoiled)):
            with contextlib.suppress(ImageError):
                prepare_digit(content)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_truncated_pictures_are_damaged(form: str) -> None:
    whole = encode(seven((400, 400)), form)
    with pytest.raises(ImageError, match=r"damaged|not a PNG"):
        prepare_digit(whole[: len(whole) // 2])


def png_of_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("action", ["error", "ignore"])
@pytest.mark.parametrize(
    "size",
    [
        (4001, 4000), (8_000, 8_000), (10_000, 10_000), (13_000, 13_000), (60_000, 60_000),
        (1, 16_000_000), (20_001, 1), (1, 20_001),
    ],
)  # fmt: skip
def test_bombs_are_refused_before_they_are_unpacked(size: tuple[int, int], action: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        with pytest.raises(ImageError, match="too large"):
            prepare_digit(png_of_header(*size))


@pytest.mark.parametrize(
    ("form", "size"),
    [
        ("JPEG", (8000, 6250)),
        ("PNG", (4000, 4000)),
        ("PNG", (16_000, 1000)),
        ("PNG", (800, 20_000)),
    ],
    ids=["a telephone's photo", "a drawing", "a strip", "the longest strip"],
)
def test_the_largest_allowed_picture_is_read_like_a_small_one(
    form: str, size: tuple[int, int]
) -> None:
    large = prepare_digit(encode(seven(size), form))
    assert_mnist_form(large)
    assert likeness(large, prepare_digit(encode(seven((400, 400))))) > 0.9


def test_photos_have_their_limit_too() -> None:
    photo = bytearray(encode(seven((16, 16)), "JPEG"))
    sizes = photo.index(b"\xff\xc0") + 5  # of the frame header: height, width
    photo[sizes : sizes + 4] = struct.pack(">HH", 6251, 8000)
    with pytest.raises(ImageError, match="8000x6251 is more than 50 megapixels"):
        prepare_digit(bytes(photo))


def test_files_of_more_than_ten_mebibytes_are_refused() -> None:
    content = encode(seven())
    padded = content + bytes(PICTURE_BYTES - len(content))
    assert_mnist_form(prepare_digit(padded))
    with pytest.raises(ImageError, match="larger than 10 MiB"):
        prepare_digit(padded + b"\0")


@pytest.mark.parametrize("size", [(0, 0), (0, 10), (10, 0)])
def test_pictures_without_pixels_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError):
        prepare_digit(png_of_header(*size))
