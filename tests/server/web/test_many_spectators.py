"""Spectators by the hundred who read nothing: the server stays small, and its owner sees on."""

from __future__ import annotations

import json
from contextlib import ExitStack

from engine.language import DEFAULT_TEXT
from scripts.live_server import LiveServer
from tests.server.faults import await_true
from tests.server.processes import peak_bytes
from tests.server.raw import TEXT, raw_stream
from tests.server.rude import LAYERS
from tests.server.serving import Site

MOST_BYTES = 500 << 20
SPECTATORS = 150
WIDE = DEFAULT_TEXT.replace("filters:8", "filters:3000").replace("filters:16", "filters:4")


def test_pictures_wait_for_their_turn_and_owners_do_not_wait_for_spectators() -> None:
    with LiveServer() as server, Site(server.port).browser() as browser, ExitStack() as stack:
        stream = stack.enter_context(browser.session())
        stream.do("change_network", spec=WIDE.replace("batch_size:20", "batch_size:1"))
        stream.do("watch", layers=LAYERS)
        watch = stream.state["watch"].rpartition("/")[2]
        stream.until("layers", lambda layers: len(layers["payload"]) > 1 << 19)
        for number in range(SPECTATORS):
            rude = stack.enter_context(raw_stream(browser, watch, kind="watch"))
            # Not all the same: else they would share what they are sent.
            layers = LAYERS[: 2 + number % 7]
            rude.send(TEXT, json.dumps({"type": "watch", "id": 1, "layers": layers}).encode())
        await_true(lambda: server.metrics()["viewers:spectator"] < SPECTATORS, "none is let go")
        stream.until("layers")
        assert peak_bytes(server.pid) < MOST_BYTES
