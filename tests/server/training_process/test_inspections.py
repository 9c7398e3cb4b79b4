"""Inquiries are answered whatever the network does, and never end or hold up its run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.data import center_crops, load_builtin
from engine.formats import load
from engine.language import DEFAULT_TEXT
from engine.runs.training_run import TrainingRun
from server.protocol.inquiries import ExampleInquiry, Inquiry
from server.protocol.orders import Inspect, SetPaused, ShowImage, StartRun, TakeSnapshot, TrainOnce
from server.protocol.reports import Failed, Inspected, Refused, Report, Snapshot
from server.training_process import inspections
from server.training_process.begin_run import start_run
from server.training_process.failures import NO_MEMORY
from server.training_process.inspections import MOST_WAITING, Inspections
from server.training_process.inspectors import INSPECTORS
from server.training_process.inspectors.base import Answer, InquiryError, Slices
from server.training_process.live_run import LiveRun
from tests.server.training_process.test_long_steps import HUGE, within_a_step
from tests.server.worker_process import DEFAULT, Process, training_process

DIGITS = load_builtin()
DIVERGES = DEFAULT_TEXT.replace("'adadelta'", "'sgd', learning_rate:1000")


async def ask(process: Process, token: int) -> dict[str, Any]:
    process.send(Inspect(token, ExampleInquiry()))
    reply = await process.report(Inspected)
    assert reply.token == token
    answer: dict[str, Any] = json.loads(reply.text)
    assert answer["run_id"] == 1
    return answer


@pytest.mark.anyio
async def test_while_it_trains_while_it_is_paused_and_after_it_has_diverged() -> None:
    async with training_process() as process:
        process.begin()
        first = await ask(process, 1)
        assert first["source"] == "training"
        assert sum(first["probabilities"]) == pytest.approx(1)
        expected = -np.log(first["probabilities"][first["label"]])
        assert first["loss"] == pytest.approx(expected, rel=1e-4)
        process.send(SetPaused(True))
        paused = await ask(process, 2)
        assert (await ask(process, 3)) == paused
        process.send(TrainOnce())
        assert (await ask(process, 4))["step"] == paused["step"] + 1
        process.begin(DIVERGES)
        await process.report(Failed)
        assert (await ask(process, 5))["loss"] is not None


@pytest.mark.anyio
async def test_the_answer_is_what_the_networks_file_computes() -> None:
    async with training_process() as process:
        process.begin()
        process.send(SetPaused(True), ShowImage(1, DIGITS.test_images[0].tobytes()))
        answer = await ask(process, 2)
        process.send(TakeSnapshot(3))
        net = load((await process.report(Snapshot)).data).net
        scores = net.probabilities(center_crops(DIGITS.test_images[:1], net.spec.input_shape))
        assert answer["probabilities"] == pytest.approx(scores[:, 0].tolist(), abs=1e-6)
        assert (answer["source"], answer["label"], answer["loss"]) == ("image", None, None)


@pytest.mark.anyio
async def test_within_a_step_that_takes_long() -> None:
    async with training_process() as process:
        process.begin(HUGE)
        await within_a_step(process)
        assert (await ask(process, 1))["step"] == 0


@pytest.mark.anyio
async def test_without_a_network_it_is_refused() -> None:
    async with training_process() as process:
        process.send(Inspect(1, ExampleInquiry()))
        assert (await process.report(Refused)).reason == "There is no network yet."


# --- one inspector's answers, slice by slice ------------------------------------------------------


class Stub:
    """Answers by what the test tells it."""

    def __init__(self, run: LiveRun, answer: Callable[[], Answer | Slices]) -> None:
        self.run, self.of = run, answer

    def answer(self, inquiry: Inquiry) -> Answer | Slices:
        return self.of()


class Desk:
    """`Inspections` of a real run that never trains by itself, and what they sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Answer | Slices]):
        self.sent: list[Report] = []
        self.inspections = Inspections(self.sent.append)
        self.made = 0

        def make(run: LiveRun) -> Stub:
            self.made += 1
            return Stub(run, answer)

        monkeypatch.setitem(INSPECTORS, ExampleInquiry, make)

    def add(self, token: int) -> None:
        self.inspections.add(Inspect(token, ExampleInquiry()))

    def texts(self) -> list[Any]:
        return [json.loads(each.text) for each in self.sent if isinstance(each, Inspected)]


def new_run(run_id: int = 1) -> LiveRun:
    order = StartRun(run_id=run_id, spec=DEFAULT, seed=1, paused=True)
    return start_run(order, None, DIGITS, 1)[0]


def in_slices() -> Slices:
    yield
    yield
    return {"found": 1.5}


def test_an_answer_in_slices_comes_with_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, run = Desk(monkeypatch, in_slices), new_run()
    desk.add(1)
    desk.add(2)
    for _ in range(2):
        desk.inspections.work(run)
        assert not desk.sent
    desk.inspections.work(run)
    assert desk.texts() == [{"run_id": 1, "step": 0, "found": 1.5}]
    assert desk.made == 1
    while desk.inspections:
        desk.inspections.work(run)
    assert len(desk.texts()) == 2


def test_what_was_begun_for_another_run_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, in_slices)
    desk.add(1)
    desk.inspections.work(new_run(1))
    other = new_run(2)
    for _ in range(3):
        assert not desk.sent
        desk.inspections.work(other)
    assert desk.texts()[0]["run_id"] == 2
    assert desk.made == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InquiryError("There is no layer 9."), "There is no layer 9."),
        (MemoryError(), NO_MEMORY),
        (ZeroDivisionError("by zero"), "An error in the program prevents an answer"),
    ],
)
def test_what_goes_wrong_is_told_to_who_asked(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def fails() -> Answer:
        raise error

    desk, run = Desk(monkeypatch, fails), new_run()
    desk.add(7)
    desk.inspections.work(run)
    (refusal,) = desk.sent
    assert isinstance(refusal, Refused)
    assert (refusal.token, refusal.reason[: len(reason)]) == (7, reason)
    assert not desk.inspections


def test_numbers_that_are_not_finite_are_null(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, run = Desk(monkeypatch, lambda: {"loss": float("nan")}), new_run()
    desk.add(1)
    desk.inspections.work(run)
    assert desk.texts()[0]["loss"] is None


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, in_slices)
    for token in range(MOST_WAITING + 1):
        desk.add(token)
    assert [each.token for each in desk.sent if isinstance(each, Refused)] == [MOST_WAITING]


def test_training_keeps_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, run = Desk(monkeypatch, lambda: {}), new_run()
    clock = iter([10.0, 10.0, 10.5, 14.9, 15.0, 15.0, 15.5])
    monkeypatch.setattr(inspections, "perf_counter", lambda: next(clock))
    desk.add(1)
    desk.add(2)
    desk.inspections.work_if_due(run)  # from 10 to 10.5
    assert len(desk.sent) == 1
    desk.inspections.work_if_due(run)  # 14.9
    assert len(desk.sent) == 1
    desk.inspections.work_if_due(run)  # 15.0
    assert len(desk.sent) == 2


def test_looking_leaves_the_run_as_it_was() -> None:
    run, alone = new_run(), new_run()
    sent: list[Report] = []
    looked = Inspections(sent.append)
    for each in (run, alone):
        training: TrainingRun = each.training
        for step in range(3):
            training.train_batch()
            if each is run:
                looked.add(Inspect(step, ExampleInquiry()))
                looked.work(run)
    assert all(isinstance(each, Inspected) for each in sent)
    assert run.training.net.params.tobytes() == alone.training.net.params.tobytes()
