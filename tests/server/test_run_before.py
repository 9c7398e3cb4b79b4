"""A run that was left comes back to the last bit, after a restart of the server too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.live_server import LiveServer
from tests.server.serving import Browser, Site, Stream

SMALL = """layer_defs = [{type:'input', out_sx:10, out_sy:10, out_depth:1},
    {type:'conv', sx:3, filters:4, activation:'relu'}, {type:'dropout'},
    {type:'softmax', num_classes:10}];
trainer = new convnetjs.Trainer(net, {method:'adam', batch_size:20, ema:0.9});"""
OTHER = SMALL.replace("filters:4", "filters:5").replace("adam", "sgd")


def restart(browser: Browser, stream: Stream) -> None:
    stream.do("restart")


def change(browser: Browser, stream: Stream) -> None:
    stream.do("change_network", spec=OTHER)


def change_and_keep(browser: Browser, stream: Stream) -> None:
    stream.do("change_network", spec=OTHER, keep=True)


def load_file(browser: Browser, stream: Stream) -> None:
    session = stream.state["session"]
    file = snapshot(browser, session)
    browser.http.put(f"/api/sessions/{session}/snapshot", content=file).raise_for_status()


def snapshot(browser: Browser, session: str) -> bytes:
    response = browser.http.get(f"/api/sessions/{session}/snapshot")
    return response.raise_for_status().content


def learned(file: bytes) -> dict[str, Any]:
    """All of a snapshot that decides how training goes on.

    Not from where the next test and validation images are drawn: those that are shown move it.
    """
    network: dict[str, Any] = json.loads(file)
    sampler = network["convnet_live"]["training"]["sampler"]
    del sampler["validation"], sampler["test"]
    return network


def graph(stream: Stream) -> dict[str, Any]:
    """All of the current run's points, once they are more than a few."""
    run_id = stream.state["run_id"]
    stream.do("points", run_id=run_id, after=-1)
    points = stream.until("points", lambda points: points["run_id"] == run_id)
    assert points["first"] == 0
    return {name: column for name, column in points.items() if isinstance(column, list)}


def trained(stream: Stream, spec: str) -> None:
    """Train a network for a while, then pause."""
    run_id = stream.do("change_network", spec=spec)["run_id"]
    stream.until("points", lambda points: points["run_id"] == run_id and points["first"] > 10)
    stream.do("pause")
    stream.until_status("paused")


@pytest.mark.parametrize("leave", [restart, change, change_and_keep, load_file])
def test_what_was_left_comes_back_to_the_last_bit(
    leave: Callable[[Browser, Stream], None], tmp_path: Path
) -> None:
    with LiveServer(state=tmp_path) as server, Site(server.port).browser() as browser:
        with browser.session() as stream:
            stream.until_status("running")
            session = stream.state["session"]
            trained(stream, SMALL)
            was, drawn = learned(snapshot(browser, session)), graph(stream)
            left = stream.state["run_id"]
            leave(browser, stream)
            told = stream.until("session", lambda state: state["run_id"] > left)
            examples = was["convnet_live"]["training"]["examples_seen"]
            assert told["previous"]["examples"] == examples
            stream.until_status("paused")
            stream.do("step")
            run_id = stream.do("return_to_run_before")["run_id"]
            stream.until("session", lambda state: state["run_id"] == run_id)
            stream.until_status("paused")
            assert learned(snapshot(browser, session)) == was
            assert graph(stream) == drawn
        if leave is not change:
            return
        server.stop()
        server.start()
        with browser.watch(session) as stream:
            assert learned(snapshot(browser, session)) == was
            stream.until("session")
            run_id = stream.do("return_to_run_before")["run_id"]
            stream.until("session", lambda state: state["run_id"] == run_id)
            assert stream.state["spec"] == OTHER
            run_id = stream.do("return_to_run_before")["run_id"]
            stream.until("session", lambda state: state["run_id"] == run_id)
            stream.until_status("paused")
            assert learned(snapshot(browser, session)) == was
            assert graph(stream) == drawn
