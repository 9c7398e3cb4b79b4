"""What every inspector is: it looks into one run, and answers one kind of inquiry."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Protocol, TypeAlias

Answer: TypeAlias = Mapping[str, Any]
"""A JSON object's members: numbers, texts, lists and such mappings, nothing of NumPy's."""
Slices: TypeAlias = Generator[None, None, Answer]
"""Yields wherever training may go on in between, and returns the answer."""


class InquiryError(ValueError):
    """The run's network has no such thing; the message is a sentence for people."""


class Inspector(Protocol):
    """Made for a run when it is first asked; it may keep what the next answer builds on."""

    def answer(self, inquiry: Any) -> Answer | Slices:
        """What is asked, at once or, where it takes more than a few milliseconds, in slices.

        Between slices the network learns: whoever needs one moment's weights copies them.

        Raises:
            InquiryError: the network has no such layer, unit or class.
        """
        ...
