"""The run that was replaced comes back whole: however it was left, wherever its session stands."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.language import parse
from server.audience.viewer import Viewer
from server.protocol.commands import ReturnToRunBefore
from server.protocol.connections import Role
from server.protocol.kinds import Status
from server.protocol.orders import LoadSnapshot, StartRun, TakeCheckpoint
from server.protocol.refusals import SessionError
from server.protocol.reports import Adopted, CheckpointReport, Done, Failed, PointsReport, Started
from server.protocol.run_values import Checkpoint, Divergence, Weights
from server.sessions.command_handler import carry_out
from server.sessions.registry import Registry
from server.sessions.session import Session
from server.storage.checkpoint_files import CHECKPOINTS
from server.storage.database import Storage
from server.storage.disk_keeper import DiskKeeper
from server.storage.keeper import Keeper, MemoryKeeper
from server.storage.records import GraphTail
from tests.server.fake_host import FakeHost, Stage, join, read

pytestmark = pytest.mark.anyio

SMALL = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
    {type:'fc', num_neurons:9}, {type:'softmax', num_classes:10}];"""
WEIGHTS = Weights(b"params", b"state")
Row = tuple[int, float, float, None, None]


@pytest.fixture(params=["in memory", "on disk"])
async def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Keeper]:
    keeper = MemoryKeeper() if request.param == "in memory" else DiskKeeper(Storage(tmp_path))
    yield keeper
    await keeper.close()


class Trained:
    """A session whose first run has made points and a checkpoint."""

    def __init__(self, stage: Stage, registry: Registry, session: Session, viewer: Viewer) -> None:
        self.stage, self.registry = stage, registry
        self.session, self.viewer = session, viewer

    @classmethod
    async def on(cls, keeper: Keeper, *, points: int = 3) -> Trained:
        stage = Stage(keeper=keeper)
        registry, viewer = Registry(stage.shared), Viewer()
        session = registry.create("me")
        await join(session, viewer)
        run_id = stage.host.begin()
        stage.host.points(run_id, points)
        stage.host.tests(run_id, 100)
        stage.host.state = b"trained"
        stage.host.checkpoint(200 * points, points)
        return cls(stage, registry, session, viewer)

    @property
    def host(self) -> FakeHost:
        return self.stage.host

    def leaves(self, run_id: int, *, points: int, examples: int, state: bytes) -> None:
        """What a trainer reports of the run it leaves before it begins the one ordered."""
        row: Row = (examples, 0.25, 0.1, None, None)
        self.host.report(PointsReport(run_id, points - 1, (row,)))
        left = Checkpoint(run_id, examples, points, self.host.tests_made, state)
        self.host.report(CheckpointReport(left))
        self.host.made = self.host.tests_made = 0

    def told(self) -> dict[str, Any]:
        """The newest word of the session's state."""
        told = [each for each in read(self.session, self.viewer) if each["type"] == "session"]
        return told[-1]

    def graph(self) -> list[int]:
        """The examples at all points, as a page that asks for them gets them."""
        self.viewer.next_point = 0
        messages = read(self.session, self.viewer)
        return [at for each in messages if each["type"] == "points" for at in each["examples"]]


async def test_the_run_that_a_restart_replaced_goes_on_where_it_was_left(keeper: Keeper) -> None:
    trained = await Trained.on(keeper)
    session, host = trained.session, trained.host
    session.configure({"momentum": 0.25})
    first = session.run_id
    session.restart()
    trained.leaves(first, points=4, examples=750, state=b"left")
    again = host.begin()
    assert trained.told()["previous"] == {
        "title": "conv 8 · pool · conv 16 · pool · softmax",
        "examples": 750,
        "how": "restart",
    }
    host.points(again, 2)
    answer = await carry_out(session, trained.viewer, ReturnToRunBefore(1))
    start = host.last(StartRun)
    assert answer.result == {"run_id": start.run_id} == {"run_id": again + 1}
    assert (start.snapshot, start.points, start.tests, start.tested) == (b"left", 4, 1, 100)
    assert start.spec.trainer.momentum == 0.25
    assert trained.told()["previous"]["how"] == "return"
    assert trained.graph() == [200, 200, 200, 750]
    assert session.audience.tests.examples == 100


async def test_returning_twice_takes_the_return_back(keeper: Keeper) -> None:
    trained = await Trained.on(keeper)
    session, host = trained.session, trained.host
    seed, first = session.state.run.seed, session.run_id
    session.change_network(parse(SMALL), SMALL)
    trained.leaves(first, points=4, examples=750, state=b"left")
    changed = host.begin()
    host.points(changed, 2)
    await session.return_to_run_before()
    trained.leaves(changed, points=3, examples=410, state=b"small")
    host.begin()
    assert session.state.run.seed == seed
    assert trained.told()["previous"] == {
        "title": "fc 9 · softmax",
        "examples": 410,
        "how": "return",
    }
    await session.return_to_run_before()
    start = host.last(StartRun)
    assert (start.run_id, start.snapshot, start.points) == (changed + 2, b"small", 3)
    assert session.state.run.text == SMALL
    assert trained.graph() == [200, 200, 410]


async def test_what_was_kept_or_loaded_begins_again_from_its_own_first_weights(
    keeper: Keeper,
) -> None:
    trained = await Trained.on(keeper)
    session, host = trained.session, trained.host
    session.change_network(parse(SMALL), SMALL, keep=True)
    kept = session.run_id
    host.report(Started(kept, WEIGHTS, (1,)))
    loading = asyncio.ensure_future(session.load_snapshot(b"file"))
    order = await host.ordered(LoadSnapshot)
    host.report(Adopted(order.run_id, parse(SMALL)))
    host.report(Done(order.token))
    trained.leaves(kept, points=1, examples=60, state=b"kept")
    host.report(Started(await loading, Weights(b"of the file", b"")))
    assert trained.told()["previous"]["how"] == "file"
    await session.return_to_run_before()
    assert (host.last(StartRun).snapshot, host.last(StartRun).keep) == (b"kept", False)
    host.begin()
    session.restart()
    assert host.last(StartRun).weights == WEIGHTS


async def test_its_end_is_waited_for_where_the_trainer_has_still_to_tell_it(
    keeper: Keeper,
) -> None:
    trained = await Trained.on(keeper)
    session, host = trained.session, trained.host
    host.silent = True
    first = session.run_id
    session.restart()
    returning = asyncio.ensure_future(session.return_to_run_before())
    order = await host.ordered(TakeCheckpoint)
    trained.leaves(first, points=4, examples=750, state=b"left")
    host.report(Done(order.token))
    await returning
    assert (host.last(StartRun).snapshot, host.last(StartRun).points) == (b"left", 4)


async def test_a_run_that_got_nowhere_replaces_none_that_did(keeper: Keeper) -> None:
    trained = await Trained.on(keeper)
    session, host = trained.session, trained.host
    first = session.run_id
    for _ in range(3):
        session.restart()
    trained.leaves(first, points=4, examples=750, state=b"left")
    host.begin()
    session.change_network(parse(SMALL), SMALL)
    host.begin()
    assert trained.told()["previous"]["examples"] == 750
    await session.return_to_run_before()
    assert host.last(StartRun).snapshot == b"left"


async def test_a_diverged_run_comes_back_paused(keeper: Keeper) -> None:
    trained = await Trained.on(keeper)
    session, host = trained.session, trained.host
    host.report(Failed(session.run_id, "It diverged.", Divergence(600, 30, 1e3)))
    session.restart()
    host.begin()
    await session.return_to_run_before()
    assert host.last(StartRun).paused
    host.begin()
    told = trained.told()
    assert (told["status"], len(told["divergences"])) == ("paused", 1)


async def test_there_is_a_way_back_without_a_trainer(keeper: Keeper) -> None:
    """Paused, and its place given to somebody who waited."""
    trained = await Trained.on(keeper)
    session, host = trained.session, trained.host
    other = trained.registry.create("you")
    other.join(Viewer())
    session.pause(True)
    async with asyncio.timeout(30):
        while trained.stage.host is host:
            await asyncio.sleep(0)
    session.restart()
    # It stands in line now, for the one place that the other has.
    assert session.status is Status.WAITING
    await session.return_to_run_before()
    assert session.status is Status.WAITING
    assert trained.graph() == [200, 200, 200]
    trained.stage.host.begin()
    other.pause(True)
    async with asyncio.timeout(30):
        while len(trained.stage.hosts) < 3:
            await asyncio.sleep(0)
    start = trained.stage.host.last(StartRun)
    assert (start.run_id, start.snapshot, start.points) == (session.run_id, b"trained", 3)


async def test_spectators_are_told_nothing_of_it_and_cannot_take_it(keeper: Keeper) -> None:
    trained = await Trained.on(keeper)
    trained.session.restart()
    spectator = Viewer(Role.SPECTATOR)
    await join(trained.session, spectator)
    assert "previous" not in read(trained.session, spectator)[0]
    run_id = trained.session.run_id
    answer = await carry_out(trained.session, spectator, ReturnToRunBefore(1))
    assert (answer.ok, trained.session.run_id) == (False, run_id)


async def test_without_a_run_before_nothing_happens(keeper: Keeper) -> None:
    trained = await Trained.on(keeper)
    run_id = trained.session.run_id
    with pytest.raises(SessionError, match="no run before"):
        await trained.session.return_to_run_before()
    assert trained.session.run_id == run_id


async def test_only_one_of_two_who_return_at_once_does(tmp_path: Path) -> None:
    keeper = DiskKeeper(Storage(tmp_path))
    trained = await Trained.on(keeper)
    trained.session.restart()
    trained.host.begin()
    first, second = (trained.session.return_to_run_before() for _ in range(2))
    done = await asyncio.gather(first, second, return_exceptions=True)
    assert {type(each) for each in done} == {int, SessionError}
    await keeper.close()


async def test_the_way_back_outlives_the_server(tmp_path: Path) -> None:
    trained = await Trained.on(DiskKeeper(Storage(tmp_path)))
    session, keeper = trained.session, trained.stage.shared.keeper
    first = session.run_id
    session.change_network(parse(SMALL), SMALL)
    trained.leaves(first, points=4, examples=750, state=b"left")
    changed = trained.host.begin()
    trained.host.points(changed, 1)
    trained.host.checkpoint(300, 1)
    await session.close()
    await keeper.close()

    keeper = DiskKeeper(Storage(tmp_path))
    stage = Stage(keeper=keeper)
    (session,) = Registry(stage.shared)
    await join(session, viewer := Viewer())
    assert read(session, viewer)[0]["previous"]["examples"] == 750
    await session.return_to_run_before()
    start = stage.host.last(StartRun)
    assert (start.run_id, start.snapshot, start.points) == (changed + 1, b"left", 4)
    assert session.audience.history.examples == 750
    await session.close()
    await keeper.close()


class FullStorage(Storage):
    """A disk that has no room for another checkpoint, but for a few lines in the database."""

    full = False

    def write_checkpoint(self, session: str, checkpoint: Checkpoint, graph: GraphTail) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write_checkpoint(session, checkpoint, graph)


async def test_a_server_that_ends_before_a_return_is_saved_loses_nothing(tmp_path: Path) -> None:
    storage = FullStorage(tmp_path)
    trained = await Trained.on(DiskKeeper(storage))
    session, keeper = trained.session, trained.stage.shared.keeper
    first = session.run_id
    session.change_network(parse(SMALL), SMALL, keep=True)
    trained.leaves(first, points=4, examples=750, state=b"left")
    changed = trained.host.begin()
    trained.host.points(changed, 1)
    trained.host.checkpoint(300, 1)
    await keeper_is_idle(keeper)
    storage.full = True
    returned = await session.return_to_run_before()
    await session.close()
    await keeper.close()

    keeper = DiskKeeper(Storage(tmp_path))
    stage = Stage(keeper=keeper)
    (session,) = Registry(stage.shared)
    await join(session, viewer := Viewer())
    assert read(session, viewer)[0]["previous"]["title"] == "fc 9 · softmax"
    start = stage.host.last(StartRun)
    assert (start.run_id, start.snapshot, start.points) == (returned, b"left", 4)
    await session.return_to_run_before()
    assert stage.host.last(StartRun).points == 1
    await session.close()
    await keeper.close()


async def keeper_is_idle(keeper: Keeper) -> None:
    """Wait until everything is on disk."""
    assert isinstance(keeper, DiskKeeper)
    async with asyncio.timeout(30):
        while keeper._tasks:
            await asyncio.sleep(0.001)


async def test_a_run_before_that_cannot_be_read_is_told_of_and_stays(tmp_path: Path) -> None:
    trained = await Trained.on(DiskKeeper(Storage(tmp_path)))
    session, keeper = trained.session, trained.stage.shared.keeper
    session.restart()
    run_id = trained.host.begin()
    await keeper.close()
    keeper = DiskKeeper(Storage(tmp_path))
    stage = Stage(keeper=keeper)
    (session,) = Registry(stage.shared)
    await join(session, Viewer())
    (file,) = (tmp_path / CHECKPOINTS / session.id).glob("1-*")
    away = file.rename(tmp_path / "away")
    with pytest.raises(SessionError, match="No such file"):
        await session.return_to_run_before()
    assert session.run_id == run_id
    away.rename(file)
    await session.return_to_run_before()
    assert stage.host.last(StartRun).snapshot == b"trained"
    await session.close()
    await keeper.close()
