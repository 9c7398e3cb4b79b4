"""Pictures in an answer: base64 of one byte a pixel, row after row."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from engine.layers import Array


def gray_picture(pixels: Array) -> dict[str, Any]:
    """A picture (h, w) of what networks see, -0.5 black and 0.5 white, as `pixels` 0 to 255."""
    return _picture(np.rint((np.clip(pixels, -0.5, 0.5) + 0.5) * 255).astype(np.uint8))


def signed_picture(values: Array) -> dict[str, Any]:
    """Numbers (h, w) around zero as `pixels`, bytes from -127 to 127 for -`most` to `most`."""
    values = np.nan_to_num(values.astype(np.float64), posinf=1e38, neginf=-1e38)
    most = float(np.abs(values).max())
    scaled = values / most if most > 0 else np.zeros_like(values)
    return {**_picture(np.rint(scaled * 127).astype(np.int8)), "most": most}


def _picture(bytes_: Array) -> dict[str, Any]:
    height, width = bytes_.shape
    pixels = base64.b64encode(bytes_.tobytes()).decode("ascii")
    return {"width": width, "height": height, "pixels": pixels}
