"""The numbers of a layer over time: samples while somebody looks, thinned, and told once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.analysis.layer_numbers import layer_numbers
from engine.data import load_builtin
from engine.language import parse
from server.protocol.inquiries import LayerNumbersInquiry
from server.protocol.orders import Inspect, StartRun
from server.protocol.reports import Inspected, Refused
from server.training_process.begin_run import start_run
from server.training_process.inspectors import layer_numbers as module
from server.training_process.inspectors.layer_numbers import (
    LOOK_IMAGES,
    LOOKS,
    MOST_SAMPLES,
    LayerNumbersInspector,
    NumberHistory,
    Sample,
)
from server.training_process.live_run import LiveRun
from tests.browser.actions import CONVLESS
from tests.server.worker_process import training_process

DIGITS = load_builtin()
DENSE, RELU = 1, 2


def new_run(text: str = CONVLESS) -> LiveRun:
    order = StartRun(run_id=1, spec=parse(text), seed=1, paused=True)
    return start_run(order, None, DIGITS, 1)[0]


@pytest.fixture
def run() -> Iterator[LiveRun]:
    run = new_run()
    yield run
    run.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample is due after every step."""
    monkeypatch.setattr(module, "LOOK_INTERVAL", 0.0)


def ask(inspector: LayerNumbersInspector, layer: int = DENSE, **keys: int) -> dict[str, Any]:
    slices = inspector.answer(LayerNumbersInquiry(layer, **keys))
    while True:
        try:
            next(slices)
        except StopIteration as end:
            answer: dict[str, Any] = json.loads(json.dumps(end.value, allow_nan=False))
            return answer


def numbers(answer: dict[str, Any]) -> list[int]:
    return [sample["number"] for sample in answer["samples"]]


def test_a_sample_is_what_the_engine_measures(run: LiveRun) -> None:
    inspector = LayerNumbersInspector(run)
    (first,) = ask(inspector)["samples"]
    assert first["update_ratio"] is None
    before = run.training.net.params.copy()
    run.training.train_batch()
    answer = ask(inspector)
    sample = answer["samples"][-1]
    net, batch = run.training.net, run.training.sampler.validation_from(LOOKS * LOOK_IMAGES, 32)
    mine = layer_numbers(net.replica(), batch.x, batch.labels, net.params - before)[DENSE]
    assert mine.weights is not None
    assert sample["examples"] == run.training.trainer.examples_seen
    assert sample["weights"]["low"] == pytest.approx(mine.weights.low, rel=1e-3)
    shares = np.square(np.array(sample["weights"]["roots"]) / 255)
    np.testing.assert_allclose(shares, mine.weights.shares, atol=0.005)
    assert sample["update_ratio"] == pytest.approx(mine.update_ratio, rel=1e-3)
    assert sample["gradient_ratio"] == pytest.approx(mine.gradient_ratio, rel=1e-3)
    assert sample["dead"] is None
    assert ask(inspector, RELU)["samples"][-1]["dead"] is not None
    portions = [ask(inspector, layer)["time_share"] for layer in range(5)]
    assert sum(portions) == pytest.approx(1)
    assert min(portions) > 0


def test_a_viewer_is_told_only_what_is_new_and_everything_of_another_history(run: LiveRun) -> None:
    inspector = LayerNumbersInspector(run)
    history = ask(inspector)["history"]
    for _ in range(3):
        run.training.train_batch()
        ask(inspector)
    assert numbers(ask(inspector)) == [0, 1, 2, 3]
    assert numbers(ask(inspector, history=history, after=1)) == [2, 3]
    assert numbers(ask(inspector, history=history, after=3)) == []
    assert numbers(ask(inspector, history=history + 1, after=3)) == [0, 1, 2, 3]


def test_a_network_that_stands_is_measured_once(run: LiveRun) -> None:
    inspector = LayerNumbersInspector(run)
    assert ask(inspector) == ask(inspector)


def test_an_answer_says_whether_its_sample_is_of_the_network_as_it_is(
    run: LiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector = LayerNumbersInspector(run)
    assert ask(inspector)["current"]
    monkeypatch.setattr(inspector, "_next", float("inf"))  # too soon for another sample
    run.training.train_batch()
    assert not ask(inspector)["current"]


def test_when_nobody_has_looked_for_long_another_history_begins(
    run: LiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(module, "perf_counter", lambda: now)
    inspector = LayerNumbersInspector(run)
    first = ask(inspector)
    now = 29.0
    assert ask(inspector)["history"] == first["history"]
    now = 60.0
    later = ask(inspector)
    assert later["history"] != first["history"]
    assert numbers(later) == [0]


def test_a_history_is_thinned_evenly() -> None:
    history = NumberHistory()
    for number in range(5 * MOST_SAMPLES):
        history.add(Sample(number, number, [], []))
        kept = [sample.number for sample in history.samples]
        assert kept == sorted({*range(0, number, history.every), number})
        assert len(kept) <= MOST_SAMPLES
    assert len(kept) > MOST_SAMPLES / 2


def test_a_trouble_is_told_once_the_last_three_samples_show_it(run: LiveRun) -> None:
    inspector = LayerNumbersInspector(run)
    biases = run.training.net.layers[DENSE].params["biases"]
    biases[:] = 100  # all are active, and stay so
    for _ in range(4):
        run.training.train_batch()
        assert ask(inspector, RELU)["found"] == []
    biases[:10] = -100
    told = []
    for _ in range(LOOKS + 2):
        run.training.train_batch()
        told.append(ask(inspector, RELU)["found"])
    # Until no look remembers these ten units as active, and twice more.
    assert told[: LOOKS + 1] == [[]] * (LOOKS + 1)
    ((found,),) = told[LOOKS + 1 :]
    assert found == {"trouble": "dead", "value": 10 / 30}


def test_looking_leaves_the_run_as_it_was() -> None:
    runs = [new_run(CONVLESS.replace("'relu'", "'relu', drop_prob:0.5")) for _ in range(2)]
    inspector = LayerNumbersInspector(runs[0])
    for _ in range(4):
        for run in runs:
            run.training.train_batch()
        ask(inspector)
    looked, alone = (run.training.snapshot() for run in runs)
    assert json.loads(looked)["layers"] == json.loads(alone)["layers"]
    for run in runs:
        run.close()


@pytest.mark.anyio
async def test_asked_of_a_process_that_trains() -> None:
    async with training_process() as process:
        process.begin()
        process.send(Inspect(1, LayerNumbersInquiry(RELU)))
        answer = json.loads((await process.report(Inspected)).text)
        assert answer["images"] == 128
        assert answer["found"] == []
        process.send(Inspect(2, LayerNumbersInquiry(9)))
        assert (await process.report(Refused)).reason == "There is no layer 9."
