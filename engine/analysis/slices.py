"""Analyses that take a while are done in slices, so that training can go on in between."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Slices: TypeAlias = Generator[None, None, T]
"""Yields where it can be interrupted, and returns what was found."""


def finish(slices: Slices[T]) -> T:
    """Go through all slices at once; returns what was found."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            found: T = end.value
            return found
