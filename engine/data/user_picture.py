"""Prepares a user's picture of a digit as MNIST's were prepared, so that a network can read it.

MNIST's digits are bright on black, scaled to fit 20x20 pixels, and placed in 28x28 with their
center of mass in the middle (LeCun et al. 1998, Gradient-based learning applied to document
recognition, section III.A).
"""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.file_limits import PICTURE_BYTES

SIZE = 28
BOX = 20
# JPEGs are decoded at a reduced size, so that photos of any phone can be used.
MAX_JPEG_PIXELS = 50_000_000
MAX_PIXELS = 16_000_000
# Rows and columns cost time and memory of their own, however few pixels each of them holds.
MAX_SIDE = 20_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
# Gray levels as they are are read here, and not by Pillow: of a bounded size, they are harmless.
MAX_GRAYMAP_SIDE = 128
_GRAYMAP = re.compile(rb"P5\s([0-9]{1,3})\s([0-9]{1,3})\s255\s")

# Share of the full contrast above which a pixel counts as ink, not as paper, shadow or noise.
_INK = 0.35
# Of 255 gray levels: a picture whose ink stands out less from its background is blank.
_LEAST_CONTRAST = 24.0
# Of 255 gray levels: if the border varies by less, the light on the paper counts as even.
_EVEN_LIGHT = 12.0
# A spot with less ink than this share of the largest one's is dust.
_DUST = 0.05
# Longest side, in pixels, at which spots are told apart, and at which the light is measured.
_SPOTS_SIZE = 160
_LIGHT_SIZE = 64
# Pictures of more pixels are shrunk to this longest side before anything is measured.
_LARGE = 4_000_000
_WORKING_SIZE = 2000

Floats = npt.NDArray[np.float32]
Box = tuple[slice, slice]

# Pillow only warns about pictures of 90 to 180 megapixels, on stderr; here they are refused like
# all that are too large.
warnings.simplefilter("error", Image.DecompressionBombWarning)


class ImageError(ValueError):
    """A picture cannot be used; the message is a sentence that says why."""


def prepare_digit(data: bytes) -> npt.NDArray[np.uint8]:
    """Find the digit in a PNG, JPEG, GIF or WebP picture and bring it into MNIST's form.

    A small binary PGM (Netpbm's graymap) will do as well: it is how the page sends a drawing.
    Of an animated picture the first frame counts; a transparent one is put on white.

    Returns:
        (28, 28), the digit bright on black, as a network sees it.

    Raises:
        ImageError: the file is too large, of another format, damaged, or blank.
    """
    try:
        ink = _ink(_decode(data))
        if not _has_mnist_form(ink):
            ink = _place(_fit(ink[_find(ink)]))
        image: npt.NDArray[np.uint8] = np.rint(255 * ink).astype(np.uint8)
        return image
    except MemoryError:
        raise ImageError("There is not enough memory to read the picture.") from None


def _decode(data: bytes) -> Floats:
    """Gray levels (height, width) from 0 to 255, upright, whatever the format."""
    if not data:
        raise ImageError("The file is empty.")
    if is_graymap(data):
        return _graymap(data)
    if len(data) > PICTURE_BYTES:
        raise ImageError(f"The file is larger than {PICTURE_BYTES // 1024**2} MiB.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            # Only the header has been read so far.
            _refuse_large(picture)
            large = picture.width * picture.height > _LARGE
            if large:
                picture.draft("L", (_WORKING_SIZE, _WORKING_SIZE))  # of JPEG alone; never smaller
            ImageOps.exif_transpose(picture, in_place=True)
            gray = _gray(picture)
            return _resized(gray, _WORKING_SIZE) if large else gray
    except (ImageError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(
            f"The picture is too large: it has more than {MAX_JPEG_PIXELS // 1_000_000} megapixels."
        ) from None
    except UnidentifiedImageError:
        raise ImageError("The file is not a PNG, JPEG, GIF or WebP picture.") from None
    except Exception:
        # Decoders raise all kinds of errors on damaged files.
        raise ImageError("The picture is damaged and cannot be read.") from None


def is_graymap(data: bytes) -> bool:
    """Whether these are, or claim to be, gray levels that need no decoding."""
    return data.startswith(b"P5")


def _graymap(data: bytes) -> Floats:
    header = _GRAYMAP.match(data)
    width, height = (int(side) for side in header.groups()) if header else (0, 0)
    if header is None or not 0 < min(width, height) <= max(width, height) <= MAX_GRAYMAP_SIDE:
        raise ImageError(
            "The file is not a PNG, JPEG, GIF or WebP picture, nor a PGM picture of 256 gray "
            f"levels and at most {MAX_GRAYMAP_SIDE}x{MAX_GRAYMAP_SIDE} pixels."
        )
    pixels = data[header.end() :]
    if len(pixels) != width * height:
        raise ImageError(f"The PGM picture of {width}x{height} has {len(pixels)} pixels.")
    return np.frombuffer(pixels, np.uint8).astype(np.float32).reshape(height, width)


def _refuse_large(picture: Image.Image) -> None:
    width, height = picture.size
    limit = MAX_JPEG_PIXELS if picture.format == "JPEG" else MAX_PIXELS
    if width * height > limit:
        raise ImageError(
            f"The picture is too large: {width}x{height} is more than "
            f"{limit // 1_000_000} megapixels."
        )
    if max(width, height) > MAX_SIDE:
        raise ImageError(
            f"The picture is too large: {width}x{height} has a side of more than "
            f"{MAX_SIDE:,} pixels."
        )


def _gray(picture: Image.Image) -> Floats:
    if picture.mode.startswith("I"):
        # 16 bits per pixel, which Pillow would clip at 255 instead of scaling.
        return np.asarray(picture, np.float32) / np.float32(257)
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("L"), np.float32)
    layers = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    for paper in ("white", "black"):
        # White ink without a background shows only on black.
        sheet = Image.new("RGBA", layers.size, paper)
        sheet.alpha_composite(layers)
        gray = np.asarray(sheet.convert("L"), np.float32)
        if np.ptp(gray) >= _LEAST_CONTRAST:
            break
    return gray


def _ink(gray: Floats) -> Floats:
    """How much ink is on each pixel, from 0 to 1, whether it is darker or brighter than the paper.

    Raises:
        ImageError: blank.
    """
    paper = float(np.median(_border(gray)))
    low, high = _extremes(gray)
    sign = 1 if high - paper > paper - low else -1
    contrast = max(high - paper, paper - low)
    ink: Floats = sign * (gray - _light(gray, paper, 0.5 * contrast))
    top = _extremes(ink)[1]
    if top < _LEAST_CONTRAST:
        raise ImageError("The picture is blank: nothing stands out from its background.")
    # The paper's grain is not ink. MNIST's own digits have none, and nothing changes.
    grain = min(0.3 * top, 2 * float(np.percentile(np.abs(_border(ink)), 80)))
    share: Floats = np.clip((ink - np.float32(grain)) / np.float32(top - grain), 0, 1)
    return share


def _border(gray: Floats) -> Floats:
    margin = max(1, min(gray.shape) // 25)
    inner = np.zeros(gray.shape, bool)
    inner[margin:-margin, margin:-margin] = True
    border: Floats = gray[~inner]
    return border


def _extremes(values: Floats) -> tuple[float, float]:
    """Darkest and brightest, each the mean over a few pixels, so that noise does not decide."""
    flat = values.ravel()
    count = min(flat.size, max(4, flat.size // 2000))
    ordered = np.partition(flat, (count - 1, flat.size - count))
    return float(ordered[:count].mean()), float(ordered[-count:].mean())


def _light(gray: Floats, paper: float, tolerance: float) -> Floats | np.float32:
    """The paper's gray level: one number, or one for each pixel if the light is uneven.

    The latter is a quadratic surface fitted to everything within `tolerance` of `paper`, and fitted
    again to what is near that surface.
    """
    dark, bright = np.percentile(_border(gray), (10, 90))
    if bright - dark < _EVEN_LIGHT:
        return np.float32(paper)
    small = _resized(gray, _LIGHT_SIZE)
    terms = _quadratic(small.shape)
    level = np.full(small.size, paper, np.float32)
    for closeness in (1.0, 0.6, 0.4):
        near = np.abs(small.ravel() - level) < closeness * tolerance
        if np.count_nonzero(near) < small.size // 4:
            return np.float32(paper)
        coefficients = np.linalg.lstsq(terms[near], small.ravel()[near], rcond=None)[0]
        level = terms @ coefficients
    light: Floats = (_quadratic(gray.shape) @ coefficients).reshape(gray.shape)
    return light


def _quadratic(shape: tuple[int, ...]) -> Floats:
    """The terms 1, x, y, xx, xy, yy at each pixel, (pixels, 6)."""
    y, x = np.meshgrid(
        *((np.arange(length, dtype=np.float32) + 0.5) / length - 0.5 for length in shape),
        indexing="ij",
    )
    terms = [np.ones_like(x), x, y, x * x, x * y, y * y]
    return np.stack([term.ravel() for term in terms], axis=1)


def _resized(gray: Floats, longest: int) -> Floats:
    """The same picture, shrunk to this longest side if it is larger."""
    height, width = gray.shape
    scale = longest / max(height, width)
    if scale >= 1:
        return gray
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(gray).resize(size, Image.Resampling.BOX))


def _has_mnist_form(ink: Floats) -> bool:
    """Whether this is one of MNIST's own digits or made like one, and can be used as it is."""
    if ink.shape != (SIZE, SIZE):
        return False
    rows, columns = _bounds(ink > 1 / 255)
    longest = max(rows.stop - rows.start, columns.stop - columns.start)
    return BOX - 2 <= longest <= BOX and all(
        abs(center - SIZE // 2) < 1 for center in _center_of_mass(ink)
    )


def _find(ink: Floats) -> Box:
    """The smallest box around the digit, ignoring dust."""
    small = _resized(ink, _SPOTS_SIZE)
    mask = small > _INK * small.max()
    rows, columns = _bounds(_without_dust(mask, small))
    # Found roughly at a smaller scale; now exactly, among the pixels there and around.
    scales = [full / reduced for full, reduced in zip(ink.shape, small.shape, strict=True)]
    rough: list[slice] = [
        slice(max(0, int((side.start - 1) * scale)), int(np.ceil((side.stop + 1) * scale)))
        for side, scale in zip((rows, columns), scales, strict=True)
    ]
    near = ink[rough[0], rough[1]]
    rows, columns = _bounds(near > _INK * near.max())
    top, left = rough[0].start, rough[1].start
    return (
        slice(top + rows.start, top + rows.stop),
        slice(left + columns.start, left + columns.stop),
    )


def _bounds(mask: npt.NDArray[np.bool_]) -> Box:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _without_dust(mask: npt.NDArray[np.bool_], ink: Floats) -> npt.NDArray[np.bool_]:
    """The mask with only those of its connected spots that hold enough ink."""
    rest = {(int(row), int(column)) for row, column in np.argwhere(mask)}
    spots: list[tuple[float, list[tuple[int, int]]]] = []
    while rest:
        spot = [rest.pop()]
        for row, column in spot:
            around = {(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & rest
            rest -= around
            spot += around
        spots.append((float(sum(ink[place] for place in spot)), spot))
    most = max(amount for amount, _ in spots)
    kept = np.zeros_like(mask)
    for amount, spot in spots:
        if amount >= _DUST * most:
            kept[tuple(np.transpose(spot))] = True
    return kept


def _fit(ink: Floats) -> Floats:
    """Scale the longest side to 20 pixels, smoothly, and restore full contrast."""
    height, width = ink.shape
    scale = BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = Image.Resampling.HAMMING if scale < 1 else Image.Resampling.BICUBIC
    fitted = np.asarray(Image.fromarray(ink).resize(size, method))
    # MNIST's strokes are saturated in the middle, however thin.
    stroke = np.median(fitted[fitted > fitted.max() / 2])
    saturated: Floats = np.clip(fitted / stroke, 0, 1)
    return saturated


def _place(digit: Floats) -> Floats:
    """Place it in 28x28, by whole pixels, its center of mass as near to (14, 14) as possible."""
    placed = np.zeros((SIZE, SIZE), np.float32)
    start = [
        int(np.clip(round(SIZE // 2 - center), 0, SIZE - length))
        for center, length in zip(_center_of_mass(digit), digit.shape, strict=True)
    ]
    placed[start[0] : start[0] + digit.shape[0], start[1] : start[1] + digit.shape[1]] = digit
    return placed


def _center_of_mass(ink: Floats) -> tuple[float, float]:
    """Row and column, where the first pixel's center is 0."""
    total: Any = ink.sum(dtype=np.float64)
    rows, columns = (np.arange(length) for length in ink.shape)
    return float(ink.sum(axis=1) @ rows / total), float(ink.sum(axis=0) @ columns / total)
