"""Sessions outlive their server; a disk that takes nothing stops nobody."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.language import DEFAULT_TEXT, parse
from server.audience.viewer import Viewer
from server.counters import Tally
from server.protocol.kinds import Status
from server.protocol.orders import StartRun
from server.protocol.reports import Failed, Started
from server.protocol.run_values import Checkpoint, Divergence, Weights
from server.service_threads import Health
from server.sessions.registry import Registry
from server.sessions.session import Session
from server.storage.database import Storage
from server.storage.disk_keeper import DiskKeeper
from server.storage.records import GraphTail, SessionRecord
from tests.server.fake_host import Stage, join, launched, read

pytestmark = pytest.mark.anyio

SMALL = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
    {type:'softmax', num_classes:10}];"""


class Server:
    """The sessions of one server's life, without the server."""

    def __init__(self, folder: Path) -> None:
        self.storage = Storage(folder)
        self.keeper = DiskKeeper(self.storage)
        self.stage = Stage(places=5, keeper=self.keeper)
        self.registry = Registry(self.stage.shared)

    def session(self) -> Session:
        (session,) = self.registry
        return session

    async def close(self) -> None:
        await self.registry.close()
        await self.keeper.close()


async def saved(session: Session, viewer: Viewer, fits: Callable[[dict], bool]) -> dict:  # type: ignore[type-arg]
    """The next word of what is saved that fits."""
    async with asyncio.timeout(30):
        while True:
            for message in read(session, viewer):
                if message["type"] == "saved" and fits(message):
                    return message
            await viewer.wait(1)


async def test_a_session_is_there_after_a_restart_of_the_server(tmp_path: Path) -> None:
    server = Server(tmp_path)
    session, viewer = server.registry.create("me"), Viewer()
    await join(session, viewer)
    host = server.stage.host
    session.change_network(parse(SMALL), SMALL)
    session.configure({"momentum": 0.125})
    run_id = host.begin()
    host.points(run_id, 7)
    host.tests(run_id, 20, 1200)
    host.state = b"seven"
    host.checkpoint(1400, 7)
    await saved(session, viewer, lambda message: message["examples"] == 1400)
    await server.close()

    server = Server(tmp_path)
    again = server.session()
    assert (again.id, again.state.owner, again.status) == (session.id, "me", Status.STOPPED)
    assert server.stage.hosts == []
    assert server.registry.newest("me") is again
    viewer = Viewer()
    await join(again, viewer)
    start = server.stage.host.last(StartRun)
    # The fake trainer's last word at the end of the server was that state too.
    assert (start.run_id, start.snapshot, start.paused) == (run_id, b"seven", False)
    assert start.spec.trainer.momentum == 0.125
    assert start.seed == session.state.run.seed
    assert read(again, viewer)[0]["spec"] == SMALL
    viewer.next_point = 0
    viewer.next_test = 0
    shown = {message["type"]: message for message in read(again, viewer)}
    assert len(shown["points"]["loss"]) == start.points
    assert shown["tests"]["examples"] == [20, 1200]
    assert shown["tests"]["confusion"] == [[9, 1, 0, 0]] * 2
    assert (start.tests, start.tested) == (2, 1200)
    await server.close()


async def test_what_a_paused_or_failed_session_was_is_kept_too(tmp_path: Path) -> None:
    server = Server(tmp_path)
    paused, failed = server.registry.create("a"), server.registry.create("b")
    for session in (paused, failed):
        await join(session, Viewer())
        server.stage.host.begin()
    paused.pause(True)
    paused.configure({"momentum": 0.5})
    server.stage.host.report(Failed(failed.run_id, "It diverged.", Divergence(20, 2, 1e3)))
    await server.close()
    server = Server(tmp_path)
    paused, failed = (server.registry.newest(owner) for owner in "ab")  # type: ignore[assignment]
    await join(paused, viewer := Viewer())
    assert server.stage.host.last(StartRun).paused
    changes = read(paused, viewer)[0]["trainer_changes"]
    assert changes == [{"examples": 0, "changes": {"momentum": [0.9, 0.5]}}]
    await join(failed, viewer := Viewer())
    state = read(failed, viewer)[0]
    assert (state["status"], state["reason"]) == ("failed", "It diverged.")
    assert (state["recoverable"], len(state["divergences"])) == (True, 1)
    assert len(server.stage.hosts) == 1
    failed.recover()
    await launched(failed)
    assert server.stage.host.last(StartRun).paused
    await server.close()


async def test_a_restart_returns_to_the_first_weights_after_one_of_the_server(
    tmp_path: Path,
) -> None:
    server = Server(tmp_path)
    session = server.registry.create("me")
    await join(session, Viewer())
    server.stage.host.begin()
    session.change_network(parse(SMALL), SMALL, keep=True)
    weights = Weights(b"params", b"state")
    server.stage.host.report(Started(session.run_id, weights, (1,)))
    await server.close()
    server = Server(tmp_path)
    session = server.session()
    await join(session, Viewer())
    session.restart()
    assert server.stage.host.last(StartRun).weights == weights
    await server.close()


async def test_a_page_that_was_only_fetched_leaves_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.registry.create("me")
    await server.close()
    server = Server(tmp_path)
    assert len(server.registry) == 0
    await server.close()


async def test_a_full_disk_is_told_of_and_recovered_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.storage.disk_keeper.RETRY_SECONDS", 0.01)
    server = Server(tmp_path)
    session, viewer = server.registry.create("me"), Viewer()
    await join(session, viewer)
    host = server.stage.host
    host.begin()
    host.checkpoint(20)
    await saved(session, viewer, lambda message: message["examples"] == 20)
    database = server.storage._database
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    host.points(session.run_id, 5000)
    host.state = b"newer"
    host.checkpoint(40, 5000)
    told = await saved(session, viewer, lambda message: "trouble" in message)
    assert told["examples"] == 20
    assert "full" in told["trouble"]
    # What could not be written is at hand all the same, and the earlier one is readable.
    assert await server.keeper.newest_checkpoint(session.id) == Checkpoint(
        session.run_id, 40, 5000, 0, b"newer"
    )
    on_disk = server.storage.newest_checkpoint(session.id)
    assert on_disk is not None
    assert (on_disk.examples, on_disk.data) == (20, b"state")
    database.execute("PRAGMA max_page_count = 1000000")
    told = await saved(session, viewer, lambda message: message["examples"] == 40)
    assert "trouble" not in told
    await server.close()


class PoisonedStorage(Storage):
    """Fails on the checkpoints of one session as nobody foresaw, until it is healed."""

    poisoned: str | None = None

    def write_checkpoint(self, session: str, checkpoint: Checkpoint, graph: GraphTail) -> None:
        if session == self.poisoned:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        super().write_checkpoint(session, checkpoint, graph)


async def test_one_session_that_cannot_be_written_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What fails has its next turn only after the test: nothing may wait for that.
    monkeypatch.setattr("server.storage.disk_keeper.RETRY_SECONDS", 3600.0)
    health = Health(tally := Tally())
    storage = PoisonedStorage(tmp_path)
    keeper = DiskKeeper(storage, health)
    stage = Stage(places=5, keeper=keeper)
    registry = Registry(stage.shared)
    (bad, told), (good, viewer) = ((registry.create(owner), Viewer()) for owner in "ab")
    storage.poisoned = bad.id
    for session, each in ((bad, told), (good, viewer)):
        await join(session, each)
        stage.host.begin()
    stage.hosts[0].checkpoint(20)
    said = await saved(bad, told, lambda message: "trouble" in message)
    assert "an error in the program: OverflowError" in said["trouble"]
    assert health.trouble() == "saving: OverflowError"
    for examples in (20, 40, 60):
        stage.hosts[1].checkpoint(examples)
        await saved(good, viewer, lambda message, at=examples: message["examples"] == at)  # type: ignore[misc]
    assert (health.trouble(), tally.thread_faults) == ("saving: OverflowError", 1)
    storage.poisoned = None
    stage.hosts[0].checkpoint(40)
    said = await saved(bad, told, lambda message: message["examples"] == 40)
    assert "trouble" not in said
    assert ("trouble" in said, health.trouble()) == (False, None)
    await registry.close()
    await keeper.close()


async def test_the_last_words_of_all_are_written_beside_one_that_cannot_be(tmp_path: Path) -> None:
    storage = PoisonedStorage(tmp_path)
    keeper = DiskKeeper(storage)
    stage = Stage(places=5, keeper=keeper)
    registry = Registry(stage.shared)
    bad, good = registry.create("a"), registry.create("b")
    storage.poisoned = bad.id
    for session in (bad, good):
        await join(session, Viewer())
        stage.host.begin()
        stage.host.state = b"the last word"
    await registry.close()
    await keeper.close()
    storage = PoisonedStorage(tmp_path)
    kept = storage.newest_checkpoint(good.id)
    assert kept is not None
    assert kept.data == b"the last word"
    storage.close()


async def test_a_graph_that_failed_to_be_written_is_written_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.storage.disk_keeper.RETRY_SECONDS", 0.01)
    server = Server(tmp_path)
    session, viewer = server.registry.create("me"), Viewer()
    await join(session, viewer)
    host = server.stage.host
    host.begin()
    with monkeypatch.context() as patch:
        patch.setattr(server.storage, "write_checkpoint", refuse)
        host.points(session.run_id, 3)
        host.tests(session.run_id, 500)
        host.checkpoint(600, 3)
        await saved(session, viewer, lambda message: "trouble" in message)
    host.points(session.run_id, 2)
    host.checkpoint(1000, 5)
    await saved(session, viewer, lambda message: message["examples"] == 1000)
    remains = server.storage.remains(session.id, session.run_id)
    assert (len(remains.points), len(remains.tests)) == (5, 1)
    await server.close()


def refuse(*arguments: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


async def test_a_network_that_fits_no_more_is_kept_for_when_it_does(tmp_path: Path) -> None:
    server = Server(tmp_path)
    session = server.registry.create("me")
    await join(session, Viewer())
    await server.close()
    storage = Storage(tmp_path)
    (record,) = storage.records()
    unknown = {name: getattr(record, name) for name in SessionRecord.__dataclass_fields__}
    storage.write(SessionRecord(**{**unknown, "text": DEFAULT_TEXT.replace("conv'", "konv'")}))
    storage.close()
    server = Server(tmp_path)
    assert len(server.registry) == 0
    assert len(server.storage.records()) == 1
    await server.close()
