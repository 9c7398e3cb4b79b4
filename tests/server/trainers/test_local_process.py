"""Real training processes: what they report, and that none is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest

from engine.data import load_builtin
from engine.formats import Snapshot as File
from engine.formats import load
from engine.language import DEFAULT_TEXT, parse
from server.protocol.encode_events import Cards
from server.protocol.example_choice import NEWEST
from server.protocol.orders import (
    GoBack,
    LoadSnapshot,
    SetTrainer,
    SetWatched,
    ShowExample,
    ShowImage,
    TakeSnapshot,
    TrainOnce,
)
from server.protocol.reports import (
    Adopted,
    DataRefused,
    Failed,
    FrameReport,
    Guesses,
    PointsReport,
    Refused,
    Snapshot,
    Started,
)
from server.trainers.local_process import ending_of
from server.training_process.main import OUT_OF_MEMORY, WorkerConfig
from tests.limits import no_more_files, no_more_memory, no_more_threads
from tests.server.processes import processor_seconds
from tests.server.worker_process import DEFAULT, MEMORY, Process, header_of, training_process

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[3]
EVERY_LAYER = frozenset(range(len(DEFAULT.layers)))
DIGIT = load_builtin().test_images[0].tobytes()


def exists(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


async def test_it_trains_and_shows_everything() -> None:
    async with training_process() as process:
        process.send(SetWatched(EVERY_LAYER))
        process.begin()
        await process.report(Started)
        layers = await process.frame("layers")
        assert [layer["index"] for layer in layers["layers"]] == sorted(EVERY_LAYER)
        points = await process.report(PointsReport)
        assert points.first == 0
        assert points.rows[0][0] == 200
        predictions = await process.frame("predictions")
        assert [len(item["top"]) for item in predictions["items"]] == [3] * 4
        stats = await process.frame("stats", lambda stats: stats["test"] is not None)
        assert stats["test"]["examples"] == 1000
        assert 0 < stats["test"]["at_examples"] <= stats["examples"]
        assert stats["validation_accuracy"] is not None
        assert stats["examples_per_second"] > 0


async def test_one_that_cannot_be_started_has_ended() -> None:
    config = WorkerConfig(MEMORY, 1, 10.0)
    process = Process(config)
    with no_more_files():
        process.start()
    process.begin()
    assert "could not be started: Too many open files" in await process.end()
    assert process.handle.pid is None
    await process.handle.stop()


async def test_one_that_no_thread_could_listen_to_has_ended() -> None:
    process = Process(WorkerConfig(MEMORY, 1, 10.0))
    with no_more_threads():
        process.start()
    assert "could not be started: can't start new thread" in await process.end()
    pid = process.handle.pid
    assert pid is not None
    assert not exists(pid)
    await process.handle.stop()


async def test_one_that_cannot_be_read_from_has_ended() -> None:
    async with training_process() as process:
        process.begin(DEFAULT_TEXT.replace("filters:16", "filters:8000"), paused=True)
        await process.report(Started)
        with no_more_memory():
            process.send(TakeSnapshot(1))
            assert "lost (MemoryError)" in await process.end()


class OneWay:
    """Arrives in another process; on its way back there is no memory to read it."""

    def __init__(self, home: int) -> None:
        self._home = home

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return (OneWay, (self._home,)) if os.getpid() == self._home else (run_out_of_memory, ())


def run_out_of_memory() -> None:
    raise MemoryError


async def test_a_report_that_cannot_be_read_is_the_end_of_its_process() -> None:
    async with training_process() as process:
        process.begin(run_id=OneWay(os.getpid()))
        assert "was lost (MemoryError)" in await process.end()
        assert process.handle.pid is not None
        assert not exists(process.handle.pid)


async def test_an_order_that_cannot_be_sent_is_the_end_of_its_process() -> None:
    async with training_process() as process:
        process.begin()
        process.send(SetTrainer(threading.Lock()))  # type: ignore[arg-type]
        assert "was lost (TypeError)" in await process.end()


async def test_helpers_share_the_work() -> None:
    async with training_process(processes=2) as process:
        process.begin()
        await process.frame("stats", lambda stats: stats["examples"] > 2000)


async def test_paused_it_stands_still_until_a_step_is_ordered() -> None:
    async with training_process() as process:
        process.begin(paused=True)
        tested = await process.frame("stats", lambda stats: stats["test"] is not None)
        assert tested["examples"] == 0
        pid = process.handle.pid
        assert pid is not None
        before = processor_seconds(pid)
        process.send(SetWatched(EVERY_LAYER), TrainOnce())
        points = await process.report(PointsReport)
        assert [row[0] for row in points.rows] == [20]
        assert (await process.frame("stats"))["step"] == 1
        assert (await process.frame("layers"))["step"] == 1
        again = await process.frame("stats", lambda stats: stats["test"]["at_examples"] == 20)
        assert again["step"] == 1
        # Nothing more is reported, and nothing more computed: not even a busy wait for orders.
        process.send(TakeSnapshot(1))
        await process.report(Snapshot)
        spent = processor_seconds(pid)
        await asyncio.sleep(0.5)
        assert processor_seconds(pid) - spent < 0.1
        assert spent >= before


async def test_settings_take_effect_while_it_trains() -> None:
    async with training_process() as process:
        process.begin(paused=True)
        process.send(
            SetTrainer(DEFAULT.trainer.with_options(batch_size=40)), TrainOnce(), TakeSnapshot(1)
        )
        stats = await process.frame("stats", lambda stats: stats["step"] == 1)
        assert stats["examples"] == 40
        snapshot = load((await process.report(Snapshot)).data)
        assert snapshot.net.spec.trainer.batch_size == 40


async def test_the_same_seed_gives_the_same_network_watched_or_not() -> None:
    results = []
    for watched in (frozenset(), EVERY_LAYER):
        async with training_process() as process:
            process.send(SetWatched(watched))
            process.begin(paused=True)
            process.send(*[TrainOnce()] * 5, TakeSnapshot(1))
            results.append((await process.report(Snapshot)).data)
    assert load(results[0]).net.params.tobytes() == load(results[1]).net.params.tobytes()


async def test_a_snapshot_taken_and_loaded_trains_on_exactly() -> None:
    async with training_process() as process:
        process.begin(paused=True)
        process.send(TrainOnce(), TrainOnce(), TakeSnapshot(1), TrainOnce(), TakeSnapshot(2))
        middle = (await process.report(Snapshot)).data
        end = (await process.report(Snapshot)).data
        process.send(LoadSnapshot(3, 2, middle, DEFAULT.trainer, 1), TrainOnce(), TakeSnapshot(4))
        loaded = await process.report(Adopted)
        assert (loaded.run_id, loaded.spec) == (2, DEFAULT)
        again = (await process.report(Snapshot)).data
    assert load(again).net.params.tobytes() == load(end).net.params.tobytes()


async def test_a_run_goes_on_from_a_checkpoint() -> None:
    async with training_process() as process:
        process.begin(paused=True)
        process.send(TrainOnce(), TakeSnapshot(1))
        data = (await process.report(Snapshot)).data
        process.begin(run_id=1, snapshot=data, points=5, paused=True)
        process.send(TrainOnce())
        stats = await process.frame("stats", lambda stats: stats["step"] == 2)
        assert stats["examples"] == 40


async def test_before_its_first_step_a_resumed_run_shows_one_example_and_the_numbers_it_had() -> (
    None
):
    async with training_process() as process:
        process.begin(paused=True)
        process.send(*[TrainOnce()] * 3)
        before = await process.frame("stats", lambda stats: stats["step"] == 3)
        data = await process.checkpoint()
        process.begin(run_id=2, snapshot=data.data, paused=True)
        after = await process.frame("stats", lambda stats: stats["run_id"] == 2)
        for name in ("loss", "decay_loss", "train_accuracy"):
            assert before[name] == after[name] is not None
        examples = set()
        for more in (1, 3, 9):
            process.send(SetWatched(frozenset(range(more))))
            frame = (
                await process.report(FrameReport, lambda report: report.kind == "layers")
            ).frame
            assert isinstance(frame, Cards)
            examples.add(frame.cards[0])
        assert len(examples) == 1
        maps = header_of(FrameReport("layers", 2, frame))["layers"][1]["weight_gradients"]
        assert maps["min"] < maps["max"]


@pytest.mark.parametrize("data", [b"", b"{}", b'{"layers": [{"layer_type": "conv"}]}', b"\xff"])
async def test_an_unfit_file_is_refused_and_the_run_goes_on(data: bytes) -> None:
    async with training_process() as process:
        process.begin()
        process.send(LoadSnapshot(7, 2, data, DEFAULT.trainer, 1))
        refusal = await process.report(Refused)
        assert refusal.token == 7
        assert refusal.reason
        assert (await process.report(FrameReport)).run_id == 1


async def test_an_own_image_is_predicted_and_shown_until_told_other() -> None:
    async with training_process() as process:
        process.send(SetWatched(EVERY_LAYER))
        process.begin(paused=True)
        process.send(ShowImage(5, DIGIT))
        guesses = await process.report(Guesses)
        assert guesses.token == 5
        shares = [guess.probability for guess in guesses.top]
        assert len(shares) == 3
        assert shares == sorted(shares, reverse=True)
        shown = await process.frame("layers", lambda layers: layers["source"] == "image")
        assert shown["label"] is None
        assert all("gradients" not in layer for layer in shown["layers"])
        process.send(ShowExample(NEWEST))
        await process.frame("layers", lambda layers: layers["source"] == "training")
        process.send(ShowImage(6, DIGIT[:-1]))
        assert "28x28" in (await process.report(Refused)).reason


async def snapshot(process: Process, token: int) -> File:
    process.send(TakeSnapshot(token))
    return load((await process.report(Snapshot, lambda reply: reply.token == token)).data)


def weights_in(file: File) -> bytes:
    return file.net.params.tobytes() + file.net.state.tobytes()


POOL = "layer_defs.push({type:'pool'"
WITH_STATISTICS = DEFAULT_TEXT.replace(POOL, "layer_defs.push({type:'batchnorm'});\n" + POOL, 1)
LESS = DEFAULT_TEXT.replace("filters:16", "filters:12")


async def test_layers_that_fit_are_kept_and_a_restart_returns_to_them() -> None:
    async with training_process() as process:
        process.begin(paused=True)
        process.send(*[TrainOnce()] * 3)
        before = await snapshot(process, 1)
        process.begin(LESS, run_id=2, seed=2, paused=True, keep=True)
        started = await process.report(Started, lambda report: report.run_id == 2)
        # The second convolution and what follows it have other shapes.
        assert started.kept == (1,)
        kept = await snapshot(process, 2)
        for name in ("weights", "biases"):
            mine, theirs = kept.net.layers[1].params[name], before.net.layers[1].params[name]
            assert mine.tobytes() == theirs.tobytes()
        process.send(*[TrainOnce()] * 3)
        after = await snapshot(process, 3)
        assert weights_in(after) != weights_in(kept)
        process.begin(LESS, run_id=3, seed=2, paused=True, weights=started.weights)
        assert weights_in(await snapshot(process, 4)) == weights_in(kept)
        process.send(*[TrainOnce()] * 3)
        # Order, crops and the optimizer's memory begin anew with the counters.
        assert weights_in(await snapshot(process, 5)) == weights_in(after)


async def test_what_fits_is_kept_of_a_network_that_no_process_has() -> None:
    async with training_process() as process:
        process.begin(paused=True)
        process.send(TrainOnce(), TakeSnapshot(1))
        saved = (await process.report(Snapshot)).data
    async with training_process() as process:
        process.begin(LESS, run_id=2, paused=True, keep=True, snapshot=saved)
        assert (await process.report(Started)).kept == (1,)
        process.begin(DEFAULT_TEXT.replace("sx:5", "sx:3"), run_id=3, paused=True, keep=True)
        started = await process.report(Started, lambda report: report.run_id == 3)
        assert (started.kept, started.weights) == ((), None)


async def test_a_restart_returns_to_the_weights_of_a_loaded_file() -> None:
    async with training_process() as process:
        process.begin(WITH_STATISTICS, paused=True)
        process.send(*[TrainOnce()] * 2)
        process.send(TakeSnapshot(1))
        data = (await process.report(Snapshot)).data
        process.send(LoadSnapshot(2, 2, data, DEFAULT.trainer, 1), TrainOnce())
        started = await process.report(Started, lambda report: report.run_id == 2)
        process.begin(WITH_STATISTICS, run_id=3, paused=True, weights=started.weights)
        again = await snapshot(process, 3)
        assert weights_in(again) == weights_in(load(data))
        assert again.training is not None
        assert again.training["step_count"] == again.training["optimizer"]["updates"] == 0


async def test_a_file_for_convnetjs_holds_its_layers_or_is_refused() -> None:
    async with training_process() as process:
        process.begin(paused=True)
        process.send(TakeSnapshot(1, convnetjs=True))
        assert list(orjson.loads((await process.report(Snapshot)).data)) == ["layers"]
        process.begin(WITH_STATISTICS, run_id=2, paused=True)
        process.send(TakeSnapshot(2, convnetjs=True))
        assert "batchnorm" in (await process.report(Refused)).reason


async def test_from_a_divergence_one_goes_back_to_the_last_good_weights() -> None:
    wild = DEFAULT_TEXT.replace("'adadelta'", "'sgd', learning_rate:1000")
    async with training_process() as process:
        process.begin(wild)
        before, failed = await process.until(Failed)
        points = [report for report in before if isinstance(report, PointsReport)]
        divergence = failed.divergence
        assert divergence is not None
        assert divergence.learning_rate == 1000
        assert divergence.examples == 20 * (divergence.step - 1) == points[-1].rows[-1][0]
        assert f"step {divergence.step} with learning rate 1000." in failed.reason
        good = await snapshot(process, 1)
        assert np.isfinite(good.net.params).all()
        process.send(SetTrainer(parse(wild).trainer.with_options(learning_rate=0.01)), GoBack())
        await process.report(Started)
        assert weights_in(await snapshot(process, 2)) == weights_in(good)
        process.send(TrainOnce())
        stats = await process.frame("stats", lambda stats: stats["step"] == divergence.step)
        assert stats["learning_rate"] == 0.01
        assert weights_in(await snapshot(process, 3)) != weights_in(good)


async def test_a_loss_that_is_not_finite_is_a_failure_with_its_reason_not_a_crash() -> None:
    async with training_process() as process:
        process.begin(DEFAULT_TEXT.replace("'adadelta'", "'sgd', learning_rate:1000"), paused=True)
        process.send(*[TrainOnce()] * 100)
        failed = await process.report(Failed)
        assert "finite" in failed.reason
        process.begin(run_id=2)
        assert (await process.report(Started)).run_id == 2


async def test_want_of_memory_is_a_failure_with_its_reason_not_a_crash() -> None:
    text = DEFAULT_TEXT.replace("filters:8", "filters:3000")
    async with training_process(memory=600 << 20) as process:
        process.begin(text)
        assert "memory" in (await process.report(Failed)).reason
        process.begin(run_id=2)
        assert (await process.report(Started)).run_id == 2


async def test_other_data_keeps_the_network(small_set: Path) -> None:
    async with training_process() as process:
        process.begin(paused=True)
        process.send(TrainOnce(), TakeSnapshot(1))
        before = load((await process.report(Snapshot)).data)
        process.use_data("small", small_set)
        process.send(TakeSnapshot(2), TrainOnce())
        after = load((await process.report(Snapshot)).data)
        assert after.net.params.tobytes() == before.net.params.tobytes()
        stats = await process.frame(
            "stats", lambda stats: stats["test"] is not None and stats["test"]["examples"] == 20
        )
        assert stats["step"] == 2


async def test_data_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    async with training_process() as process:
        process.begin()
        await process.frame("stats")
        process.use_data("empty", tmp_path)
        reason = (await process.report(DataRefused)).reason
        assert "empty/train-images" in reason
        assert str(tmp_path) not in reason


async def test_where_its_data_is_gone_a_run_does_not_begin_on_other_data(small_set: Path) -> None:
    away = small_set.rename(small_set.with_name("away"))
    async with training_process() as process:
        process.use_data("small", small_set)
        process.begin()
        failed = await process.report(Failed)
        assert failed.reason == "The data set cannot be used: small: there is no such folder."
        assert failed.unreadable
        # Restarted, once it is back, it trains.
        away.rename(small_set)
        process.begin(run_id=2)
        assert (await process.report(Started)).run_id == 2


async def test_a_killed_process_is_told_of_in_words() -> None:
    async with training_process() as process:
        process.begin()
        await process.report(Started)
        pid = process.handle.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert "killed" in await process.end()


async def test_a_stopped_process_is_killed_in_the_end() -> None:
    async with training_process() as process:
        process.begin()
        await process.report(Started)
        pid = process.handle.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await process.handle.stop()
        assert not exists(pid)
        await process.handle.stop()


async def test_stopping_a_process_that_is_just_starting() -> None:
    async with training_process() as process:
        pid = process.handle.pid
    assert pid is not None
    assert not exists(pid)


ORPHAN = """
import asyncio, os, signal
from tests.server.worker_process import training_process

async def main():
    async with training_process(processes=2) as process:
        process.begin()
        await process.frame("stats", lambda stats: stats["examples"] > 1000)
        children = open(f"/proc/{process.handle.pid}/task/{process.handle.pid}/children").read()
        print(process.handle.pid, children, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_no_process_outlives_a_killed_server(tmp_path: Path) -> None:
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    result = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=False,
        timeout=120,
    )
    # The pipe to the dead parent was inherited by all: at its end none of them is left.
    assert result.returncode == -signal.SIGKILL
    pids = [int(pid) for pid in result.stdout.split()]
    assert len(pids) >= 2
    assert not any(map(exists, pids))


def test_exit_codes_are_told_in_words() -> None:
    assert ending_of(0).sentence == ending_of(None).sentence == "The training process ended."
    assert "exit code 3" in ending_of(3).sentence
    assert "SIGSEGV" in ending_of(-signal.SIGSEGV).sentence
    assert "memory" in ending_of(-signal.SIGKILL).sentence
    assert "memory" in ending_of(OUT_OF_MEMORY).sentence
    assert "signal 99" in ending_of(-99).sentence
