"""Finds the name that somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# Comparing costs the product of both lengths, and nobody mistypes a name into a paragraph.
_LONGEST = 30


def did_you_mean(name: str, known: Iterable[str], quote: str = "`") -> str:
    """`; did you mean ...?` with the known name closest to `name`, or an empty string."""
    if not 0 < len(name) <= _LONGEST:
        return ""
    by_lower = {each.lower(): each for each in known}
    matches = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {quote}{by_lower[matches[0]]}{quote}?" if matches else ""
