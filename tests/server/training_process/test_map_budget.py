"""Maps are cut to what there is room for, and small ones are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from server.protocol.encode_events import Cards
from server.protocol.orders import SetWatched
from server.protocol.reports import FrameReport
from server.training_process.map_budget import MOST_PIXELS, cut, room_for
from tests.server.worker_process import header_of, training_process

DENSE = """
layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
  {type:'conv', sx:5, filters:8, pad:2},
  {type:'fc', num_neurons:600}, {type:'softmax', num_classes:10}];
trainer = new convnetjs.Trainer(net, {method:'sgd'});
"""
"""2.8 million weights in one layer."""


@pytest.mark.parametrize(
    ("sizes", "room"),
    [([], 100), ([40, 60], 100), ([10, 20, 500], 70), ([500, 10, 600], 45), ([90, 90, 90], 33)],
)
def test_what_small_maps_leave_is_shared_among_the_large(sizes: list[int], room: int) -> None:
    assert room_for(sizes, 100) == room
    assert sum(min(size, room) for size in sizes) <= 100


@pytest.mark.parametrize(
    ("whole", "room", "shown"),
    [
        ((8, 24, 24), 5000, (8, 24, 24)),
        ((8, 24, 24), 2000, (3, 24, 24)),
        ((4000, 1, 1), 1000, (1000, 1, 1)),
        ((64, 16, 5, 5), 5000, (12, 16, 5, 5)),
        ((10, 800, 4, 4), 6400, (1, 400, 4, 4)),
        ((1, 90, 100), 3000, (1, 45, 50)),
        ((3, 1, 9000), 100, (1, 1, 100)),
        ((2, 2, 50, 50), 1, (1, 1, 1, 1)),
    ],
)
def test_the_first_of_a_map_are_kept(
    whole: tuple[int, ...], room: int, shown: tuple[int, ...]
) -> None:
    pixels = np.arange(np.prod(whole), dtype=np.uint32).astype(np.uint8).reshape(whole)
    kept = cut(pixels, room)
    assert kept.shape == shown
    assert kept.flat[0] == pixels.flat[0]
    if whole[-2:] == shown[-2:]:
        assert np.array_equal(kept, pixels[tuple(slice(count) for count in shown)])


@pytest.mark.anyio
async def test_the_cards_of_a_huge_network_are_cut_and_say_so() -> None:
    async with training_process() as process:
        process.send(SetWatched(frozenset(range(4))))
        process.begin(DENSE, paused=True)
        report = await process.report(FrameReport, lambda report: report.kind == "layers")
        assert isinstance(report.frame, Cards)
        assert report.frame.size <= MOST_PIXELS
        cards = header_of(report)["layers"]
        cut_maps = [each["weights"] for each in cards if "whole" in each.get("weights", {})]
        assert cut_maps
        assert all("whole" not in each["activations"] for each in cards)
