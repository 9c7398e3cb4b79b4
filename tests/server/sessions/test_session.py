"""A session's life, with a hand-written trainer in place of the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import get_args

import pytest

from engine.language import DEFAULT_TEXT, parse
from server.audience.viewer import MAX_WAITING, Viewer
from server.protocol.commands import (
    ChangeNetwork,
    CheckSpec,
    Configure,
    FetchPoints,
    InTurn,
    Pause,
    Recover,
    Restart,
    Resume,
    ReturnToRunBefore,
    ShowTraining,
    Step,
    Watch,
)
from server.protocol.commands import ShowExample as ShowOne
from server.protocol.connections import CloseReason
from server.protocol.events import Answer
from server.protocol.example_choice import NEWEST, ExampleChoice
from server.protocol.kinds import Source, Status
from server.protocol.orders import (
    GoBack,
    LoadSnapshot,
    SetPaused,
    SetTrainer,
    SetWatched,
    ShowExample,
    ShowImage,
    StartRun,
    TakeCheckpoint,
    TakeSnapshot,
    TrainOnce,
    UseData,
)
from server.protocol.refusals import Declined, HostSilent, SessionError
from server.protocol.reports import (
    Adopted,
    DataRefused,
    Done,
    Failed,
    Guesses,
    Refused,
    Snapshot,
    Started,
)
from server.protocol.run_values import DataReference, Divergence, Guess, Weights
from server.sessions.command_handler import carry_out
from server.sessions.lifecycle import IllegalMove, Life
from server.sessions.session import Session
from server.trainers.trainer_link import MOST_WAITING_ORDERS
from tests.server.fake_host import BUILTIN, Stage, join, launched, read, statuses

pytestmark = pytest.mark.anyio

SMALL = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
    {type:'softmax', num_classes:10}];"""


async def until(happened: Callable[[], bool]) -> None:
    """Let the event loop turn until something has happened."""
    async with asyncio.timeout(30):
        while not happened():
            await asyncio.sleep(0)


async def test_the_first_viewer_starts_it_and_is_told() -> None:
    stage = Stage()
    session, viewer = stage.session(), Viewer()
    await join(session, viewer)
    assert stage.host.last(StartRun).run_id == session.run_id
    stage.host.begin()
    messages = read(session, viewer)
    assert [m["status"] for m in messages if m["type"] == "session"] == ["starting", "running"]
    assert messages[-1]["type"] == "dataset"
    assert messages[0]["spec"] == DEFAULT_TEXT
    assert messages[0]["dataset"] == {
        "name": "built-in digits",
        "classes": list("0123456789"),
        "train": 3600,
        "validation": 400,
        "test": 1000,
    }


async def test_sequence_numbers_rise_for_every_viewer() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    for count in range(3):
        stage.host.frame(session.run_id, examples=count)
        session.pause(count % 2 == 0)
    other = Viewer()
    await join(session, other)
    numbers = [m["seq"] for m in [*read(session, viewer), *read(session, other)]]
    assert numbers == sorted(set(numbers))


async def test_only_the_newest_picture_waits_but_every_state_does() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    for count in range(100):
        stage.host.frame(session.run_id, examples=count)
    for _ in range(3):
        session.pause(True)
        session.pause(False)
    messages = read(session, viewer)
    assert [m["examples"] for m in messages if m["type"] == "stats"] == [99]
    assert [m["status"] for m in messages if m["type"] == "session"] == ["paused", "running"] * 3


async def test_a_viewer_that_reads_nothing_is_let_go() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    for _ in range(MAX_WAITING + 1):
        session.pause(True)
    assert viewer.closing is CloseReason.TOO_SLOW
    assert read(session, viewer) == []


async def test_frames_of_an_old_run_are_dropped() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    old = session.run_id
    stage.host.frame(old, examples=1)
    stage.host.points(old, 5)
    session.restart()
    stage.host.frame(old, examples=2)
    stage.host.points(old, 5)
    assert {m["type"] for m in read(session, viewer)} == {"session"}
    stage.host.points(session.run_id, 2)
    (points,) = read(session, viewer)
    assert (points["run_id"], points["first"], len(points["loss"])) == (old + 1, 0, 2)


async def test_a_newcomer_gets_the_newest_of_each_kind_at_once() -> None:
    stage = Stage()
    session, _ = await stage.running()
    stage.host.frame(session.run_id, examples=7)
    stage.host.frame(session.run_id, "predictions")
    newcomer = Viewer()
    await join(session, newcomer)
    assert {"session", "stats", "predictions", "dataset"} == {
        m["type"] for m in read(session, newcomer)
    }


async def test_points_can_be_fetched_again_without_gap_or_overlap() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.points(session.run_id, 4500)
    newcomer = Viewer()
    await join(session, newcomer)
    stage.host.points(session.run_id, 3)
    assert [m["first"] for m in read(session, newcomer) if m["type"] == "points"] == [4500]
    await carry_out(session, newcomer, FetchPoints(1, session.run_id, 9))
    stage.host.points(session.run_id, 2)
    pieces = [(m["first"], len(m["examples"])) for m in read(session, newcomer)]
    assert pieces == [(10, 2000), (2010, 2000), (4010, 495)]
    answer = await carry_out(session, viewer, FetchPoints(1, session.run_id + 1, -1))
    assert answer.result == {"run_id": session.run_id, "points": 4505}


async def test_pause_step_and_resume() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    with pytest.raises(SessionError, match="paused"):
        session.step()
    session.pause(True)
    session.step()
    session.pause(False)
    assert stage.host.orders[-3:] == [SetPaused(True), TrainOnce(), SetPaused(False)]
    assert statuses(session, viewer) == ["paused", "running"]


async def test_a_pause_before_the_start_is_kept() -> None:
    stage = Stage()
    session = stage.session()
    await join(session, Viewer())
    session.pause(True)
    before = session.status
    stage.host.begin()
    assert (before, session.status) == (Status.STARTING, Status.PAUSED)
    session.restart()
    assert stage.host.last(StartRun).paused


async def test_restart_keeps_network_seed_and_live_settings() -> None:
    stage = Stage()
    session, _ = await stage.running()
    first = stage.host.last(StartRun)
    session.configure({"learning_rate": 0.5})
    session.restart()
    second = stage.host.last(StartRun)
    assert (second.run_id, second.seed) == (first.run_id + 1, first.seed)
    assert second.spec.layers == first.spec.layers
    assert second.spec.trainer.learning_rate == 0.5


async def test_a_changed_network_is_a_new_run_with_another_seed() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    first = stage.host.last(StartRun)
    answer = await carry_out(session, viewer, ChangeNetwork(4, SMALL))
    second = stage.host.last(StartRun)
    assert answer == Answer(4, True, {"run_id": second.run_id})
    assert second.run_id > first.run_id
    assert second.seed != first.seed
    assert read(session, viewer)[-1]["spec"] == SMALL


async def test_a_bad_text_never_reaches_the_trainer() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    orders = list(stage.host.orders)
    bad = SMALL.replace("softmax", "softmx")
    answer = await carry_out(session, viewer, ChangeNetwork(4, bad))
    assert not answer.ok
    assert answer.error is not None
    assert (answer.error.line, answer.error.column is not None) == (2, True)
    assert "softmx" in answer.error.message
    assert (stage.host.orders, read(session, viewer)) == (orders, [])
    check = await carry_out(session, viewer, CheckSpec(5, SMALL))
    assert check.result is not None
    assert check.result["parameters"] == 5770
    assert stage.host.orders == orders


async def test_a_bad_setting_is_refused_with_its_field() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    for settings, field in (
        ({"batch_size": 0}, "batch_size"),
        ({"momentum": 0.5, "learning_rate": "a"}, "learning_rate"),
        ({"self": 1}, "self"),
        ({"nothing": 1}, "nothing"),
    ):
        answer = await carry_out(session, viewer, Configure(1, settings))
        assert answer.error is not None
        assert answer.error.field == field
    assert stage.host.last(SetTrainer).options == stage.host.last(StartRun).spec.trainer
    answer = await carry_out(session, viewer, Configure(1, {"batch_size": 40}))
    assert answer.ok
    assert stage.host.last(SetTrainer).options.batch_size == 40
    assert read(session, viewer)[-1]["trainer"]["batch_size"] == 40


async def test_every_command_is_carried_out() -> None:
    commands: list[InTurn] = [
        Pause(1), Step(2), Resume(3), Restart(4), ChangeNetwork(5, SMALL), CheckSpec(6, SMALL),
        Configure(7, {"momentum": 0.5}), Watch(8, (0, 1)), FetchPoints(9, 1, -1), ShowTraining(10),
        Recover(11), ReturnToRunBefore(12), ShowOne(13, Source.TEST, 3),
    ]  # fmt: skip
    assert {type(command) for command in commands} == set(get_args(InTurn))
    stage = Stage()
    session, viewer = await stage.running()
    for command in commands:
        if command == Restart(4):
            stage.host.points(session.run_id, 1)
        if command == Recover(11):
            stage.host.begin()
            stage.host.report(Failed(session.run_id, "It diverged.", Divergence(20, 2, 1e3)))
        answer = await carry_out(session, viewer, command)
        assert (answer.id, answer.ok, answer.error) == (command.id, True, None)
    assert stage.host.last(ShowExample).choice == ExampleChoice(Source.TEST, 3)


async def test_the_trainer_is_told_what_all_viewers_together_watch() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    other = Viewer()
    await join(session, other)
    await carry_out(session, viewer, Watch(1, (0, 1, 99, -1)))
    await carry_out(session, other, Watch(1, (1, 2)))
    assert stage.host.orders[-1] == SetWatched(frozenset({0, 1, 2}))
    session.leave(viewer)
    assert stage.host.orders[-1] == SetWatched(frozenset({1, 2}))


async def test_a_failed_run_says_why_and_can_be_restarted() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.report(Failed(session.run_id, "The loss is no longer finite."))
    state, notice = read(session, viewer)
    assert (state["status"], state["reason"]) == ("failed", "The loss is no longer finite.")
    assert (notice["type"], notice["level"]) == ("notice", "error")
    answer = await carry_out(session, viewer, Resume(1))
    assert answer.error is not None
    session.restart()
    stage.host.begin()
    assert session.status is Status.RUNNING
    stage.host.report(Failed(session.run_id - 1, "late"))
    assert session.status is Status.RUNNING


def diverge(stage: Stage, session: Session) -> None:
    stage.host.report(Failed(session.run_id, "It diverged.", Divergence(20, 2, 1e3)))


async def test_after_a_divergence_one_can_lower_the_learning_rate_and_go_back() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    diverge(stage, session)
    (state,) = read(session, viewer)
    assert (state["status"], state["recoverable"]) == ("failed", True)
    assert state["divergences"] == [{"examples": 20, "step": 2, "learning_rate": 1000.0}]
    for command in (Pause(1), Resume(1)):
        answer = await carry_out(session, viewer, command)
        assert answer.error is not None
        assert "go back" in answer.error.message
    session.configure({"learning_rate": 0.01})
    assert stage.host.last(SetTrainer).options.learning_rate == 0.01
    run_id = session.run_id
    session.recover()
    await launched(session)
    assert stage.host.orders[-1] == GoBack()
    stage.host.report(Started(run_id))
    state = read(session, viewer)[-1]
    assert (state["status"], state["recoverable"], state["run_id"]) == ("paused", False, run_id)
    assert len(state["divergences"]) == 1
    session.pause(False)
    diverge(stage, session)
    assert len(read(session, viewer)[-1]["divergences"]) == 2
    session.restart()
    assert read(session, viewer)[-1]["divergences"] == []


async def test_changes_of_the_trainer_are_told_with_where_they_were_made() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.points(session.run_id, 1)
    stage.host.frame(session.run_id, examples=260)
    read(session, viewer)
    session.configure({"learning_rate": 0.5, "momentum": 0.9})
    (state,) = read(session, viewer)
    change = {"examples": 260, "changes": {"learning_rate": [0.01, 0.5]}}
    assert state["trainer_changes"] == [change]
    # Another trainer goes on from a checkpoint: from there on with the new settings.
    stage.host.checkpoint(240, points=1)
    stage.host.end()
    await launched(session)
    stage.host.begin()
    *_, state = (each for each in read(session, viewer) if each["type"] == "session")
    assert state["trainer_changes"] == [change | {"examples": 240}]
    session.restart()
    assert read(session, viewer)[-1]["trainer_changes"] == []


async def test_only_from_a_divergence_or_a_death_can_one_go_back() -> None:
    stage = Stage()
    session, _ = await stage.running()
    with pytest.raises(SessionError, match="not failed"):
        session.recover()
    diverge(stage, session)
    session.recover()
    await launched(session)
    stage.host.begin()
    stage.host.report(Failed(session.run_id, "There is not enough memory."))
    with pytest.raises(SessionError, match="not failed"):
        session.recover()
    session.restart()
    stage.host.begin()
    assert session.status is Status.PAUSED


async def test_the_last_good_weights_outlive_the_process() -> None:
    stage = Stage(pause_seconds=0, release_seconds=0)
    session, viewer = await stage.running()
    diverge(stage, session)
    stage.host.state = b"good"
    session.leave(viewer)
    await until(lambda: stage.host.stopped == 1 and not session.resting)
    await join(session, viewer)
    assert (session.status, session.state.recoverable) == (Status.FAILED, True)
    session.recover()
    await launched(session)
    start = stage.host.last(StartRun)
    assert (len(stage.hosts), start.snapshot, start.paused) == (2, b"good", True)
    stage.host.begin()
    assert session.status is Status.PAUSED
    await session.close()


async def test_they_outlive_a_process_that_dies_too() -> None:
    stage = Stage()
    session, _ = await stage.running()
    stage.host.checkpoint(500)
    diverge(stage, session)
    stage.host.end()
    await launched(session)
    assert (session.status, session.state.recoverable) == (Status.FAILED, True)
    session.recover()
    await launched(session)
    start = stage.host.last(StartRun)
    assert (len(stage.hosts), start.snapshot, start.paused) == (2, b"state", True)


async def test_layers_kept_are_named_and_a_restart_returns_to_them() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    await carry_out(session, viewer, ChangeNetwork(1, DEFAULT_TEXT, keep=True))
    assert stage.host.last(StartRun).keep
    session.restart()  # not begun yet, so that there is nothing to begin again
    assert stage.host.last(StartRun).run_id == session.run_id
    weights = Weights(b"params", b"")
    stage.host.report(Started(session.run_id, weights, (1, 7)))
    notice = read(session, viewer)[-1]
    assert notice["message"] == "Kept the weights of conv (layer 1) and fc (layer 7)."
    for _ in range(2):
        session.restart()
        again = stage.host.last(StartRun)
        assert (again.weights, again.keep, again.run_id) == (weights, False, session.run_id)
        stage.host.begin()
    session.change_network(parse(SMALL), SMALL)
    assert stage.host.last(StartRun).weights is None


async def test_that_nothing_fitted_is_said() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    session.change_network(parse(SMALL), SMALL, keep=True)
    stage.host.report(Started(session.run_id, None, ()))
    assert "all weights are new" in read(session, viewer)[-1]["message"]


async def test_a_network_without_a_process_can_be_kept_too() -> None:
    stage = Stage(places=1, pause_seconds=0, release_seconds=0)
    session, viewer = await stage.running()
    session.leave(viewer)
    await until(lambda: stage.host.stopped == 1 and not session.resting)
    other = stage.session("other")
    await join(other, Viewer())
    await join(session, viewer)
    assert session.status is Status.WAITING
    session.change_network(parse(SMALL), SMALL, keep=True)
    # What is saved is of the network before, not of the one that waits.
    with pytest.raises(SessionError):
        await session.snapshot()
    await other.close()
    await launched(session)
    start = stage.host.last(StartRun)
    assert (start.snapshot, start.keep) == (b"state", True)
    await session.close()


async def test_a_dead_process_is_followed_by_another_that_goes_on() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.points(session.run_id, 7)
    stage.host.checkpoint(1400, points=5)
    read(session, viewer)
    waiting = asyncio.ensure_future(session.snapshot())
    await stage.host.ordered(TakeSnapshot)
    stage.host.end()
    await launched(session)
    with pytest.raises(HostSilent, match="killed"):
        await waiting
    start = stage.host.last(StartRun)
    assert (len(stage.hosts), start.snapshot, start.points) == (2, b"state", 5)
    assert not start.paused
    state, notice = read(session, viewer)
    assert state["status"] == "starting"
    assert (notice["level"], notice["message"]) == (
        "warning",
        "The training process was killed, possibly because memory ran out. "
        "Another one goes on from 1,400 examples.",
    )
    # The points after the checkpoint come anew, from where they are cut off.
    stage.host.begin()
    stage.host.points(session.run_id, 1)
    points = read(session, viewer)[-1]
    assert (points["first"], len(points["loss"])) == (5, 1)


async def test_deaths_in_a_row_are_followed_after_a_pause_that_somebody_can_end() -> None:
    stage = Stage(relaunch_seconds=3600)
    session, _ = await stage.running()
    stage.host.end()
    # The first is followed at once.
    await launched(session)
    assert len(stage.hosts) == 2
    stage.host.end()
    for _ in range(20):
        await asyncio.sleep(0)
    assert (len(stage.hosts), session.status) == (2, Status.STARTING)
    session.restart()
    await launched(session)
    assert len(stage.hosts) == 3
    for _ in range(2):
        stage.host.end()
    await session.close()
    assert len(stage.hosts) == 3


async def test_after_five_deaths_in_a_row_somebody_has_to_ask_for_another() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    for _ in range(4):
        stage.host.end()
        await launched(session)
        stage.host.begin()
    assert session.status is Status.RUNNING
    # Progress ends the row.
    stage.host.checkpoint(20)
    for _ in range(4):
        stage.host.end()
        await launched(session)
        stage.host.checkpoint(20)
    read(session, viewer)
    stage.host.end()
    await launched(session)
    assert len(stage.hosts) == 9
    (state,) = read(session, viewer)
    assert (state["status"], state["failure"], state["recoverable"]) == ("failed", "died", True)
    assert "5 times in a row" in state["reason"]
    with pytest.raises(SessionError, match="try again"):
        session.pause(False)
    session.recover()
    await launched(session)
    start = stage.host.last(StartRun)
    assert (len(stage.hosts), start.snapshot, start.paused) == (10, b"state", False)
    stage.host.end()
    await launched(session)
    assert len(stage.hosts) == 11


async def test_a_run_that_dies_before_its_first_checkpoint_begins_anew() -> None:
    stage = Stage()
    session, _ = await stage.running()
    stage.host.checkpoint(800)
    session.change_network(parse(SMALL), SMALL)
    stage.host.end()
    await launched(session)
    start = stage.host.last(StartRun)
    assert (start.run_id, start.snapshot, start.keep) == (session.run_id, None, False)
    session.change_network(parse(SMALL), SMALL, keep=True)
    stage.host.end()
    await launched(session)
    start = stage.host.last(StartRun)
    # What it is to take over is the network before, as far as that was kept.
    assert (start.run_id, start.snapshot, start.keep) == (session.run_id, b"state", True)


async def test_sessions_beyond_the_limit_wait_in_line() -> None:
    stage = Stage(places=1)
    _, _ = await stage.running()
    first = stage.session("first")
    second, viewer = stage.session("second"), Viewer()
    await join(first, Viewer())
    await join(second, viewer)
    state = read(second, viewer)[-2]
    assert (state["status"], state["place"]) == ("waiting", 2)
    await first.close()
    state = read(second, viewer)[-1]
    assert (state["status"], state["place"]) == ("waiting", 1)
    assert len(stage.hosts) == 1


async def test_a_place_that_becomes_free_is_taken_by_the_next() -> None:
    stage = Stage(places=1)
    running, _ = await stage.running()
    waiting, viewer = stage.session("waiting"), Viewer()
    await join(waiting, viewer)
    waiting.configure({"momentum": 0.25})
    await running.close()
    await launched(waiting)
    assert stage.hosts[0].stopped == 1
    assert stage.host.last(StartRun).spec.trainer.momentum == 0.25
    stage.host.begin()
    assert statuses(waiting, viewer)[-1] == "running"


async def test_unwatched_it_pauses_then_gives_its_process_back_and_goes_on_later() -> None:
    stage = Stage(pause_seconds=0, release_seconds=0)
    session, viewer = await stage.running()
    stage.host.points(session.run_id, 7)
    session.configure({"momentum": 0.125})
    stage.host.silent = True
    session.leave(viewer)
    order = await stage.host.ordered(TakeCheckpoint)
    assert stage.host.last(SetPaused) == SetPaused(True)
    stage.host.checkpoint(1400, 7, order.token)
    await until(lambda: session.status is Status.STOPPED and not session.resting)
    assert stage.hosts[0].stopped == 1
    assert await session.snapshot() == b"state"
    await join(session, viewer)
    assert len(stage.hosts) == 2
    start = stage.host.last(StartRun)
    assert (start.run_id, start.snapshot, start.points) == (session.run_id, b"state", 7)
    assert not start.paused
    assert stage.host.last(SetTrainer).options.momentum == 0.125
    await session.close()


async def test_a_process_that_has_no_answer_is_given_back_all_the_same() -> None:
    stage = Stage(pause_seconds=0, release_seconds=0)
    session, viewer = await stage.running()
    stage.host.checkpoint(600)
    stage.host.silent = True
    session.leave(viewer)
    order = await stage.host.ordered(TakeCheckpoint)
    stage.host.report(Refused(order.token, "no state"))
    await until(lambda: not session.resting)
    assert (session.status, stage.host.stopped) == (Status.STOPPED, 1)
    await join(session, viewer)
    assert stage.host.last(StartRun).snapshot == b"state"
    await session.close()


async def test_whoever_comes_back_while_the_process_is_given_back_keeps_it() -> None:
    stage = Stage(pause_seconds=0, release_seconds=0)
    session, viewer = await stage.running()
    stage.host.silent = True
    session.leave(viewer)
    order = await stage.host.ordered(TakeCheckpoint)
    await join(session, viewer)
    stage.host.checkpoint(1000, 0, order.token)
    await until(lambda: not session.resting)
    assert (session.status, stage.host.stopped) == (Status.RUNNING, 0)
    await session.close()


async def test_an_unwatched_session_makes_room_for_one_that_waits() -> None:
    stage = Stage(places=1, pause_seconds=0, release_seconds=1000)
    idle, viewer = await stage.running()
    idle.leave(viewer)
    await stage.host.ordered(SetPaused)
    waiting = stage.session("waiting")
    await join(waiting, Viewer())
    assert waiting.status is Status.WAITING
    first = stage.host
    await until(lambda: waiting.status is not Status.WAITING)
    await launched(waiting)
    assert (first.stopped, len(stage.hosts)) == (1, 2)
    await idle.close()
    await waiting.close()


async def test_whoever_comes_back_in_time_finds_it_training() -> None:
    stage = Stage(pause_seconds=0, release_seconds=1000)
    session, viewer = await stage.running()
    session.leave(viewer)
    await stage.host.ordered(SetPaused)
    before = session.status
    await join(session, viewer)
    assert (before, session.status) == (Status.PAUSED, Status.RUNNING)
    assert stage.host.last(SetPaused) == SetPaused(False)
    session.pause(True)
    session.leave(viewer)
    await join(session, viewer)
    assert session.status is Status.PAUSED
    await session.close()


async def test_predictions_are_matched_to_who_asked() -> None:
    stage = Stage()
    session, _ = await stage.running()
    asked = [asyncio.ensure_future(session.predict(bytes([number]))) for number in range(2)]
    await asyncio.sleep(0)
    orders = [order for order in stage.host.orders if isinstance(order, ShowImage)]
    for order in reversed(orders):
        stage.host.report(Guesses(order.token, (Guess(order.pixels[0], 1.0),), (1.0,)))
    assert [(await each).top[0].klass for each in asked] == [0, 1]


async def test_a_loaded_file_is_a_new_run() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    asked = asyncio.ensure_future(session.load_snapshot(b"file"))
    order = await stage.host.ordered(LoadSnapshot)
    assert order.trainer == session.spec.trainer
    stage.host.report(Adopted(order.run_id, parse(SMALL)))
    stage.host.report(Done(order.token))
    # Frames follow the reply at once, before whoever asked has been woken.
    stage.host.points(order.run_id, 1)
    assert await asked == order.run_id == session.run_id
    messages = read(session, viewer)
    assert [m["type"] for m in messages] == ["session", "points"]
    assert "softmax" in messages[0]["spec"]


async def test_a_restart_returns_to_the_weights_of_a_loaded_file() -> None:
    stage = Stage()
    session, _ = await stage.running()
    asked = asyncio.ensure_future(session.load_snapshot(b"file"))
    order = await stage.host.ordered(LoadSnapshot)
    stage.host.report(Adopted(order.run_id, parse(SMALL)))
    stage.host.report(Done(order.token))
    stage.host.report(Started(order.run_id, Weights(b"loaded", b"")))
    await asked
    session.restart()
    assert stage.host.last(StartRun).weights == Weights(b"loaded", b"")


async def test_what_convnetjs_has_not_is_refused_before_anybody_is_asked() -> None:
    stage = Stage()
    session, _ = await stage.running()
    session.configure({"ema": 0.9})
    with pytest.raises(SessionError, match=r"This cannot be saved .*\(ema\)\."):
        await session.snapshot(convnetjs=True)
    session.configure({"ema": 0})
    asked = asyncio.ensure_future(session.snapshot(convnetjs=True))
    order = await stage.host.ordered(TakeSnapshot)
    stage.host.report(Snapshot(order.token, b"layers"))
    assert (await asked, order.convnetjs) == (b"layers", True)


async def test_a_refused_file_changes_nothing() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    asked = asyncio.ensure_future(session.load_snapshot(b"file"))
    order = await stage.host.ordered(LoadSnapshot)
    stage.host.report(Refused(order.token, "this is no JSON"))
    with pytest.raises(Declined, match="no JSON"):
        await asked
    assert (session.run_id, read(session, viewer)) == (order.run_id - 1, [])


async def test_a_file_that_comes_late_does_not_undo_a_change() -> None:
    stage = Stage()
    session, _ = await stage.running()
    asked = asyncio.ensure_future(session.load_snapshot(b"file"))
    order = await stage.host.ordered(LoadSnapshot)
    session.change_network(parse(SMALL), SMALL)
    changed = session.run_id
    stage.host.report(Adopted(order.run_id, parse(DEFAULT_TEXT)))
    stage.host.report(Done(order.token))
    with pytest.raises(SessionError, match="changed again"):
        await asked
    assert session.run_id == changed > order.run_id


async def test_another_data_set_reaches_trainer_and_viewers() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.change_dataset("MNIST")
    session.show_dataset()
    session.change_dataset()
    assert stage.host.orders[-1] == UseData(DataReference("MNIST", BUILTIN.digest))
    messages = {m["type"]: m for m in read(session, viewer)}
    assert messages["dataset"]["name"] == messages["session"]["dataset"]["name"] == "MNIST"
    stage.host.report(DataRefused("too small"))
    (notice,) = read(session, viewer)
    assert "too small" in notice["message"]


async def test_a_trainer_that_takes_no_orders_is_told_of() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.answers_pings = False
    for _ in range(MOST_WAITING_ORDERS):
        with suppress(HostSilent):
            session.show_example(NEWEST)
    answer = await carry_out(session, viewer, Pause(1))
    assert answer.error is not None
    assert "does not take" in answer.error.message
    session.leave(viewer)
    await session.close()


async def test_close_may_be_called_twice() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    await session.close()
    await session.close()
    assert viewer.closing is not None
    assert stage.host.stopped == 1
    stage.host.end()
    await launched(session)
    assert session.status is Status.STOPPED


async def test_a_silent_trainer_is_not_waited_for_for_ever() -> None:
    stage = Stage(reply_seconds=0)
    session, _ = await stage.running()
    with pytest.raises(HostSilent, match="does not answer"):
        await session.snapshot()


def test_illegal_moves_raise() -> None:
    life = Life()
    with pytest.raises(IllegalMove, match="from stopped to running"):
        life.move(Status.RUNNING)
    life.move(Status.STARTING)
    life.move(Status.FAILED, "so")
    assert life.reason == "so"
    with pytest.raises(IllegalMove):
        life.move(Status.PAUSED)


def test_a_session_needs_no_event_loop_until_somebody_looks() -> None:
    assert isinstance(Stage().session(), Session)
