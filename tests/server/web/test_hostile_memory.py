"""Allocations that really fail, in a training process whose address space is small."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from engine.language import DEFAULT_TEXT
from server.settings import Limits, Settings
from server.trainers.local_process import ending_of
from server.training_process.main import OUT_OF_MEMORY
from tests.server.serving import Browser, Stream, serving

WORKER_BYTES = 450 << 20
SOFTMAX = "layer_defs.push({type:'softmax'"
GREEDY = {
    "activations": DEFAULT_TEXT.replace("filters:8", "filters:3000"),
    "parameters": DEFAULT_TEXT.replace(
        SOFTMAX, f"layer_defs.push({{type:'fc', num_neurons:18000}});\n{SOFTMAX}"
    ),
    "a batch": DEFAULT_TEXT.replace("batch_size:20", "batch_size:2000").replace(
        "filters:8", "filters:600"
    ),
}
REASON = "There is not enough memory for this network and batch size."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    limits = Limits(worker_bytes=WORKER_BYTES)
    with serving(Settings(offline=True, limits=limits)) as site, site.browser() as browser:
        yield browser


def until_it_trains(stream: Stream, run_id: int) -> None:
    stream.until("stats", lambda each: each["run_id"] == run_id and each["examples"] > 100)


@pytest.mark.parametrize("text", GREEDY.values(), ids=GREEDY)
def test_want_of_memory_is_said_and_another_network_trains(browser: Browser, text: str) -> None:
    with browser.session() as stream:
        stream.until("stats")
        run_id = stream.do("change_network", spec=text)["run_id"]
        failed = stream.until(
            "session", lambda each: each["run_id"] == run_id and each["status"] == "failed"
        )
        assert failed["reason"] == REASON
        until_it_trains(stream, stream.do("change_network", spec=DEFAULT_TEXT)["run_id"])


def test_a_snapshot_that_has_no_room_is_refused_and_training_goes_on(browser: Browser) -> None:
    neurons = 2000
    layers = [
        {"layer_type": "input", "out_sx": 24, "out_sy": 24, "out_depth": 1},
        *[
            {"layer_type": "fc", "out_sx": 1, "out_sy": 1, "out_depth": size, "num_inputs": inputs}
            | {"filters": [{"w": [0] * inputs}] * size, "biases": {"w": [0] * size}}
            for inputs, size in ((576, neurons), (neurons, neurons - 500), (neurons - 500, 10))
        ],
        {"layer_type": "softmax", "out_sx": 1, "out_sy": 1, "out_depth": 10, "num_inputs": 10},
    ]
    with browser.session() as stream:
        run_id = stream.until("stats")["run_id"]
        path = f"/api/sessions/{stream.state['session']}/snapshot"
        response = browser.http.put(path, content=json.dumps({"layers": layers}))
        assert response.status_code == 400, response.text
        assert response.json()["error"]["message"] == REASON
        until_it_trains(stream, run_id)


def test_the_end_of_a_process_without_memory_is_told_in_words() -> None:
    assert "memory" in ending_of(OUT_OF_MEMORY).sentence
