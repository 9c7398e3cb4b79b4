"""Why a picture is not read that may be a good one; of bad ones see `ImageError`."""

from __future__ import annotations


class PicturesUnavailable(Exception):
    """No picture can be read now; `seconds` is how long to wait, the message a sentence."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooManyPictures(PicturesUnavailable):
    """This browser has as many being read as one may."""
