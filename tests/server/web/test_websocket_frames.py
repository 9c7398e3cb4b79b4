"""Frames are counted right, however a client's bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from server.protocol.connections import CloseReason
from server.web.guards.websocket_frames import (
    MAX_CONTROLS,
    MAX_FRAGMENTS,
    FrameCounter,
    FrameHeads,
)

# Around the lengths at which the head becomes longer, and those of every day.
SIZES = st.sampled_from([0, 1, 5, 125, 126, 127, 300, 65535, 65536, 70000])
OF_MESSAGES = st.tuples(
    st.sampled_from([Opcode.CONT, Opcode.TEXT, Opcode.BINARY]), SIZES, st.booleans()
)
CONTROLS = st.tuples(
    st.sampled_from([Opcode.CLOSE, Opcode.PING, Opcode.PONG]), st.integers(0, 125), st.booleans()
)
FRAMES = st.lists(OF_MESSAGES | CONTROLS, max_size=6)


@given(FRAMES, st.lists(st.integers(0, 250_000), max_size=30))
def test_every_frame_is_found_however_its_bytes_are_cut(
    frames: list[tuple[Opcode, int, bool]], cuts: list[int]
) -> None:
    data = b"".join(
        Frame(opcode, b"\x81" * size).serialize(mask=mask) for opcode, size, mask in frames
    )
    heads, places = FrameHeads(), sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = [opcode for a, b in pairwise(places) for opcode in heads.read(data[a:b])]
    assert found == [opcode for opcode, _, _ in frames]


def test_heads_that_come_byte_by_byte_are_found() -> None:
    data = Frame(Opcode.TEXT, bytes(70_000)).serialize(mask=True) + Frame(
        Opcode.PING, b"x"
    ).serialize(mask=True)
    heads = FrameHeads()
    assert [each for byte in data for each in heads.read(bytes([byte]))] == [
        Opcode.TEXT, Opcode.PING,
    ]  # fmt: skip


PING = Frame(Opcode.PING, b"").serialize(mask=True)
START = Frame(Opcode.TEXT, b"", fin=False).serialize(mask=True)
PIECE = Frame(Opcode.CONT, b"", fin=False).serialize(mask=True)


@pytest.mark.parametrize(
    ("data", "more", "reason"),
    [
        (PING * MAX_CONTROLS, PING, CloseReason.TOO_MANY_CONTROLS),
        (START + PIECE * MAX_FRAGMENTS, PIECE, CloseReason.TOO_MANY_FRAGMENTS),
    ],
    ids=["pings", "fragments"],
)
def test_the_one_too_many_ends_the_connection(
    data: bytes, more: bytes, reason: CloseReason
) -> None:
    counter = FrameCounter(now=10.0)
    assert counter.count(data, 10.5) is None
    assert counter.count(more, 10.9) is reason


def test_another_second_may_have_as_many_pings_and_another_message_as_many_fragments() -> None:
    counter = FrameCounter(now=10.0)
    assert counter.count(PING * MAX_CONTROLS, 10.5) is None
    assert counter.count(PING * MAX_CONTROLS, 11.0) is None
    for _ in range(2):
        assert counter.count(START + PIECE * MAX_FRAGMENTS, 11.0) is None
