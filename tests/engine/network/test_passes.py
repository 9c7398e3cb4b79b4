"""Batches are cut into pieces of one length wherever that costs few more of them."""

from __future__ import annotations

import pytest

from engine.network.passes import chunks


@pytest.mark.parametrize(
    ("count", "lengths"),
    [
        (64, [64]),
        (250, [50] * 5),
        (150, [50] * 3),
        # 127 is prime: two pieces, as equal as possible.
        (127, [63, 64]),
        (0, []),
    ],
)
def test_chunks(count: int, lengths: list[int]) -> None:
    pieces = list(chunks(count, 64))
    assert [piece.stop - piece.start for piece in pieces] == lengths
    assert [place for piece in pieces for place in range(count)[piece]] == list(range(count))
