"""What a filter looks for and why the network answers: what is said of it, of a real run."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from engine.analysis.attribution import gradient_times_ink
from engine.analysis.slices import finish
from engine.data import center_crops, load_builtin
from engine.layers import Array
from server.protocol.inquiries import ChangeInquiry, LooksForInquiry, WhyInquiry
from server.protocol.orders import StartRun
from server.training_process.begin_run import start_run
from server.training_process.inspectors.base import InquiryError
from server.training_process.inspectors.looks_for import LooksForInspector
from server.training_process.inspectors.pictures import signed_picture
from server.training_process.inspectors.why import ChangeInspector, WhyInspector
from server.training_process.live_run import LiveRun
from tests.server.worker_process import DEFAULT

DIGITS = load_builtin()


@pytest.fixture
def run() -> LiveRun:
    order = StartRun(run_id=1, spec=DEFAULT, seed=1, paused=True)
    run = start_run(order, None, DIGITS, 1)[0]
    for _ in range(60):
        run.train_batch(lambda run: None)
    return run


def pixels(picture: Any, kind: str = "u1") -> Array:
    found = np.frombuffer(base64.b64decode(picture["pixels"]), kind)
    return found.reshape(picture["height"], picture["width"])


def until_done(inspector: LooksForInspector, inquiry: LooksForInquiry) -> list[dict[str, Any]]:
    """All answers until the last, which says that there is no more to find."""
    told = [dict(inspector.answer(inquiry))]
    while not told[-1]["done"]:
        told.append(dict(inspector.answer(inquiry)))
    return told


def test_the_search_gets_on_with_each_question(run: LiveRun) -> None:
    told = until_done(LooksForInspector(run), LooksForInquiry(4, 2))
    searched = [one["searched"] for one in told]
    assert searched == sorted(searched)
    last = told[-1]
    assert (last["searched"], last["images"], last["step"]) == (1000, 1000, 60)
    assert len(last["best"]) == 9
    assert pixels(last["picture"]).shape == (14, 14)
    for one in last["best"]:
        shown = pixels(one["image"])
        image = DIGITS.test_images[one["index"]]
        assert np.array_equal(shown, image[2:26, 2:26])
        assert one["label"] == DIGITS.test_labels[one["index"]]


def test_other_filters_are_known_once_the_search_is_done(run: LiveRun) -> None:
    inspector = LooksForInspector(run)
    until_done(inspector, LooksForInquiry(1, 0))
    assert inspector.answer(LooksForInquiry(4, 3))["searched"] == 1000
    assert until_done(inspector, LooksForInquiry(8, 3))[-1]["picture"] is not None


def test_what_is_found_stays_until_there_is_something_newer(run: LiveRun) -> None:
    inspector, inquiry = LooksForInspector(run), LooksForInquiry(4, 2)
    until_done(inspector, inquiry)
    assert inspector.answer(inquiry)["done"]
    run.train_batch(lambda run: None)
    told = until_done(inspector, inquiry)
    assert {one["step"] for one in told[:-1]} <= {60}
    assert all(one["searched"] == 1000 for one in told)
    assert told[-1]["step"] == 61


def test_of_two_who_ask_in_turn_both_are_answered(run: LiveRun) -> None:
    inspector = LooksForInspector(run)
    one, other = LooksForInquiry(4, 0), LooksForInquiry(8, 1)
    for _ in range(500):
        if inspector.answer(one)["done"] and inspector.answer(other)["done"]:
            break
    else:
        pytest.fail("asked in turn, they are never done")


@pytest.mark.parametrize(("layer", "channel"), [(0, 0), (9, 0), (-1, 0), (1, 8), (8, 10), (8, -1)])
def test_there_is_no_such_filter(run: LiveRun, layer: int, channel: int) -> None:
    with pytest.raises(InquiryError):
        LooksForInspector(run).answer(LooksForInquiry(layer, channel))


def test_reasons_are_of_the_shown_example(run: LiveRun) -> None:
    image = DIGITS.test_images[3]
    run.show_image(image)
    answer = finish(WhyInspector(run).answer(WhyInquiry(5)))
    x = center_crops(image[None], run.training.net.spec.input_shape)
    assert np.array_equal(pixels(answer["image"]), image[2:26, 2:26])
    expected = gradient_times_ink(run.inspected, x, 5)
    found = pixels(answer["ink"], "i1") / 127 * answer["ink"]["most"]
    np.testing.assert_allclose(found, expected, atol=0.51 / 127 * answer["ink"]["most"])
    assert answer["target"] == 5
    assert answer["guess"] == run.inspected.probabilities(x)[:, 0].argmax()
    assert pixels(answer["occlusion"], "i1").shape == (24, 24)


def test_by_default_they_speak_for_the_answer(run: LiveRun) -> None:
    answer = finish(WhyInspector(run).answer(WhyInquiry()))
    assert answer["target"] == answer["guess"]
    assert answer["label"] is not None


def test_the_way_of_a_change_ends_where_the_classes_are_equal(run: LiveRun) -> None:
    answer = finish(ChangeInspector(run).answer(ChangeInquiry()))
    before, after = answer["before"], answer["after"]
    assert len(before) == len(after) == 51
    assert before[0] > after[0]
    assert after[-1] == pytest.approx(before[-1], rel=0.1)
    assert answer["target"] != answer["guess"]
    assert pixels(answer["change"], "i1").any()


def test_to_its_own_answer_nothing_leads(run: LiveRun) -> None:
    guess = finish(ChangeInspector(run).answer(ChangeInquiry()))["guess"]
    assert finish(ChangeInspector(run).answer(ChangeInquiry(guess)))["change"] is None


@pytest.mark.parametrize("target", [-1, 10])
def test_there_is_no_such_class(run: LiveRun, target: int) -> None:
    with pytest.raises(InquiryError, match="There is no class"):
        finish(WhyInspector(run).answer(WhyInquiry(target)))
    with pytest.raises(InquiryError, match="There is no class"):
        finish(ChangeInspector(run).answer(ChangeInquiry(target)))


def test_numbers_that_are_not_finite_are_drawn_all_the_same() -> None:
    shown = signed_picture(np.array([[np.nan, np.inf], [-np.inf, 0]]))
    assert pixels(shown, "i1").tolist() == [[0, 127], [-127, 0]]
    assert not pixels(signed_picture(np.zeros((2, 2))), "i1").any()
