"""A viewer that waits for its turn and then has no pictures any more holds up nobody."""

from __future__ import annotations

import pytest

from server.audience.audience import Audience
from server.audience.outgoing_budget import OutgoingBudget
from server.audience.viewer import Viewer
from server.counters import Tally
from server.protocol.encode_events import Cards
from server.protocol.events import Layers

pytestmark = pytest.mark.anyio
PATIENCE = 30.0
CARDS = Cards('{"type":"layers","layers":[', ((0, (('"activations":{"offset":', b"12345678"),)),))


async def test_whose_pictures_were_forgotten_gives_its_turn_to_the_next() -> None:
    outgoing = OutgoingBudget(100)
    one, two = (Audience(Tally(), outgoing) for _ in range(2))
    sender, first, second = Viewer(), Viewer(), Viewer()
    for audience, viewer in ((one, sender), (one, first), (two, second)):
        audience.join(viewer)
        audience.watch(viewer, frozenset({0}))
    message = "x" * 100
    with one.sending(sender, message):
        one.show(Layers.type, CARDS)
        two.show(Layers.type, CARDS)
        assert one.next_message(first) is None
        assert two.next_message(second) is None
        # Another run has begun.
        one.begin_run(2, forgotten=(Layers.type,))
    assert two.next_message(second) is None
    assert one.next_message(first) is None
    assert await second.wait(PATIENCE)
    assert two.next_message(second) is not None
