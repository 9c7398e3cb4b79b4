"""Lists of indices in an address, such as those of test images."""

from __future__ import annotations

from typing import Any

MOST_CHARACTERS = 12_000
"""What fits an address, with room for a thousand indices of a million images."""
INDEX_LIST: dict[str, Any] = {
    "pattern": r"^[0-9]{1,9}(,[0-9]{1,9})*$",
    "max_length": MOST_CHARACTERS,
    "examples": ["3,55,120"],
}
"""What `Query` is told of such a parameter."""


def read_indices(text: str) -> tuple[int, ...]:
    """The indices, of which there is at least one."""
    return tuple(map(int, text.split(",")))
