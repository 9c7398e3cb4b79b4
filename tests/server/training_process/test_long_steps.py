"""A step that takes minutes holds nothing up: orders are obeyed between its chunks."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data import load_builtin
from engine.formats import load
from engine.language import parse
from server.protocol.orders import (
    Ping,
    SetPaused,
    SetTrainer,
    SetWatched,
    ShowImage,
    TakeSnapshot,
    TrainOnce,
)
from server.protocol.reports import CheckpointReport, Guesses, Pong, Snapshot, Started
from tests.server.worker_process import Process, training_process

pytestmark = pytest.mark.anyio

HUGE = """
layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
  {type:'conv', sx:5, filters:128, pad:2, activation:'relu'},
  {type:'conv', sx:5, filters:128, pad:2, activation:'relu'}, {type:'softmax', num_classes:10}];
trainer = new convnetjs.Trainer(net, {method:'sgd', learning_rate:0.001, batch_size:2000});
"""
"""Half a minute a step, in chunks of sixteen examples."""
DIGIT = load_builtin().test_images[0].tobytes()


async def within_a_step(process: Process, run_id: int = 1) -> None:
    """Once the first step of the run takes long."""
    await process.frame(
        "stats", lambda stats: stats["run_id"] == run_id and stats["step_seconds"] is not None
    )


async def pong(process: Process, number: int) -> Pong:
    """What it answers a ping that says it was sent so many orders."""
    process.handle.send(Ping(number))
    return await process.report(Pong, lambda pong: pong.orders == number)


@pytest.mark.parametrize("processes", [1, 2])
async def test_what_does_not_need_the_end_of_a_step_is_done_at_once(processes: int) -> None:
    async with training_process(processes=processes) as process:
        process.begin(HUGE)
        await within_a_step(process)
        trainer = parse(HUGE).trainer.with_options(learning_rate=0.002)
        process.send(
            SetTrainer(trainer), SetWatched(frozenset({0})), ShowImage(5, DIGIT), TakeSnapshot(6)
        )
        assert (await process.report(Guesses)).token == 5
        file = load((await process.report(Snapshot)).data)
        assert file.training is not None
        assert file.training["step_count"] == file.training["sampler"]["position"] == 0
        assert file.net.spec.trainer.options["learning_rate"] == 0.002
        assert (await process.frame("layers"))["step"] == 0
        stats = await process.frame("stats")
        assert (stats["step"], stats["learning_rate"]) == (0, 0.002)
        assert stats["step_seconds"] > 1


async def test_a_pause_or_another_network_does_not_wait_for_a_step() -> None:
    async with training_process(processes=2) as process:
        process.begin(HUGE)
        await within_a_step(process)
        process.send(SetPaused(True))
        checkpoint = (await process.report(CheckpointReport)).checkpoint
        assert checkpoint.examples == 0
        process.send(SetPaused(False))
        await within_a_step(process)
        process.begin(run_id=2)
        await process.report(Started, lambda report: report.run_id == 2)
        await process.frame("stats", lambda stats: stats["examples"] > 0)


async def test_a_single_step_is_taken_again_after_other_data_but_not_of_another_run(
    small_set: Path,
) -> None:
    async with training_process() as process:
        process.begin(HUGE, paused=True)
        process.send(TrainOnce(), TrainOnce())
        await within_a_step(process)
        process.use_data("small", small_set)
        process.send(TakeSnapshot(1))
        file = load((await process.report(Snapshot)).data)
        assert file.training is not None
        assert file.training["sampler"]["training_images"] < 40
        # It has nothing else to do than the step.
        assert (await pong(process, 1)).busy
        process.begin(run_id=2, paused=True)
        process.send(TakeSnapshot(2))
        file = load((await process.report(Snapshot)).data)
        assert file.training is not None
        assert file.training["step_count"] == 0
        assert not (await pong(process, 2)).busy


async def test_pongs_tell_whether_the_work_gets_on() -> None:
    async with training_process() as process:
        process.begin(HUGE, paused=True)
        await process.report(Started)
        process.send(TakeSnapshot(1))
        await process.report(Snapshot)
        rests = await pong(process, 1)
        process.send(TrainOnce())
        await within_a_step(process)
        works = await pong(process, 2)
        assert (rests.busy, works.busy) == (False, True)
        await process.frame("stats")
        assert (await pong(process, 3)).signs > works.signs > rests.signs
