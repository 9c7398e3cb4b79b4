"""What the page is told of a unit: enough to draw the sum, in bounds, of a unit that exists."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine.analysis.derivation import Place
from engine.language import NetSpec, parse
from server.protocol.encode_events import plain
from server.protocol.inquiries import UnitInquiry
from server.protocol.orders import StartRun
from server.training_process.begin_run import start_run
from server.training_process.inspectors.base import InquiryError
from server.training_process.inspectors.unit import MOST_LISTED, MOST_NUMBERS, UnitInspector
from server.training_process.live_run import LiveRun
from tests.server.training_process.test_inspections import DIGITS
from tests.server.worker_process import DEFAULT

WIDE = parse(
    "a = [{type:'input', out_sx:24, out_sy:24, out_depth:1},"
    "{type:'conv', sx:3, filters:40, pad:1, activation:'relu'},"
    "{type:'fc', num_neurons:20}, {type:'softmax', num_classes:10}]"
)


def ask(run: LiveRun, layer: int, channel: int, y: int = 0, x: int = 0) -> dict[str, Any]:
    answer = UnitInspector(run).answer(UnitInquiry(layer, channel, y, x))
    told: dict[str, Any] = json.loads(json.dumps(plain(answer), allow_nan=False))
    return told


def run_of(spec: NetSpec = DEFAULT) -> LiveRun:
    run = start_run(StartRun(run_id=1, spec=spec, seed=1, paused=True), None, DIGITS, 1)[0]
    run.training.train_batch()
    return run


def test_a_convolutions_patch_filter_and_products() -> None:
    run = run_of()
    told = ask(run, 4, 3, 5, 0)
    terms = told["forward"]["terms"]
    # 5x5 over 8 maps, at the left edge of a layer that is padded by 2.
    assert terms["box"] == {"channels": [0, 8], "rows": [3, 8], "columns": [-2, 3]}
    assert (terms["layer"], terms["channels"]) == (3, list(range(8)))
    inputs, factors, parts = (np.array(terms[key]) for key in ("inputs", "factors", "parts"))
    np.testing.assert_allclose(parts, inputs * factors, atol=1e-6)
    np.testing.assert_allclose(terms["sums"], parts.reshape(8, 25).sum(axis=1), atol=1e-6)
    numbers = told["forward"]["numbers"]
    assert sum(terms["sums"]) == pytest.approx(numbers["sum"], abs=1e-5)
    assert numbers["sum"] + numbers["bias"] == pytest.approx(told["value"], abs=1e-5)
    assert told["after"]["value"] == pytest.approx(max(0, told["value"]), abs=1e-6)
    listed = sum(each["part"] for each in terms["strongest"])
    assert listed + terms["others"] == pytest.approx(numbers["sum"], abs=1e-5)
    assert told["fields"][0] == {"channels": [0, 8], "rows": [3, 8], "columns": [0, 3]}
    assert told["backward"]["terms"]["layer"] == 5


def test_a_pools_window_and_its_winner() -> None:
    run = run_of()
    told = ask(run, 3, 2, 4, 5)
    terms = told["forward"]["terms"]
    (winner,) = terms["strongest"]
    assert winner["part"] == told["value"] == max(terms["inputs"])
    place = Place(winner["channel"], winner["y"], winner["x"])
    assert run.inspected.outputs[2][..., 0][place] == pytest.approx(told["value"])


def test_what_is_too_much_is_left_out_and_still_adds_up() -> None:
    told = ask(run_of(WIDE), 3, 0)
    terms = told["forward"]["terms"]
    assert len(terms["inputs"]) == len(terms["parts"]) <= MOST_NUMBERS
    assert 0 < len(terms["channels"]) == len(terms["sums"]) < 40
    assert len(terms["strongest"]) <= 2 * MOST_LISTED
    listed = sum(each["part"] for each in terms["strongest"])
    assert listed + terms["others"] == pytest.approx(told["forward"]["numbers"]["sum"], abs=1e-4)


def test_of_an_image_without_a_class_there_is_no_gradient() -> None:
    run = run_of()
    run.show_image(DIGITS.test_images[0])
    told = ask(run, 1, 0)
    assert (told["label"], told["gradient"], told["backward"]) == (None, None, None)


@pytest.mark.parametrize("unit", [(99, 0, 0, 0), (-1, 0, 0, 0), (1, 8, 0, 0), (1, 0, 0, 24)])
def test_a_unit_that_the_network_does_not_have(unit: tuple[int, int, int, int]) -> None:
    with pytest.raises(InquiryError, match="no such unit"):
        ask(run_of(), *unit)
