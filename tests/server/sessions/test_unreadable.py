"""What was saved and cannot be read is not taken for absent: only its owner's word changes it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.formats import dump
from engine.language import DEFAULT_TEXT, parse
from engine.runs.training_run import initial_net
from server.audience.viewer import Viewer
from server.protocol.connections import Role
from server.protocol.orders import StartRun, TakeCheckpoint
from server.protocol.refusals import SessionError
from server.protocol.reports import Failed
from server.sessions.registry import Registry
from server.sessions.session import Session
from server.storage.checkpoint_files import CHECKPOINTS
from server.storage.database import DATABASE, Storage
from server.storage.disk_keeper import DiskKeeper
from tests.server.fake_host import Stage, join, launched, read

pytestmark = pytest.mark.anyio

BEFORE = b'{"layers": []}'


class Server:
    """The sessions of one server's life, without the server."""

    def __init__(self, folder: Path) -> None:
        self.keeper = DiskKeeper(Storage(folder))
        self.stage = Stage(places=5, keeper=self.keeper)
        self.registry = Registry(self.stage.shared)

    @property
    def session(self) -> Session:
        (session,) = self.registry
        return session

    async def close(self) -> None:
        await self.registry.close()
        await self.keeper.close()


async def leave_two_runs(state: Path, before: bytes = BEFORE) -> None:
    """A session with a run that was replaced, and one with three points and a checkpoint."""
    server = Server(state)
    session = server.registry.create("me")
    await join(session, Viewer())
    host = server.stage.host
    host.begin()
    host.state = before
    host.checkpoint(400)
    session.restart()
    host.made = 0
    run_id = host.begin()
    host.state = b"the newest"
    host.points(run_id, 3)
    host.checkpoint(600, 3)
    await server.close()


async def another_host(server: Server) -> None:
    """Wait until a second trainer is started."""
    async with asyncio.timeout(30):
        while len(server.stage.hosts) < 2:
            await asyncio.sleep(0)


def newest_file(state: Path) -> Path:
    return max((state / CHECKPOINTS).glob("*/*.json"), key=lambda file: int(file.name[0]))


def delete(file: Path) -> None:
    file.unlink()


def replace_by_a_folder(file: Path) -> None:
    """Reading it fails as on a broken disk, for whomever."""
    file.unlink()
    file.mkdir()


def spoil_the_graph(file: Path) -> None:
    with closing(sqlite3.connect(file.parents[2] / DATABASE)) as database, database:
        database.execute("UPDATE point SET examples = 9223372036854775807 WHERE number = 1")


FAULTS = [delete, replace_by_a_folder, spoil_the_graph]


def all_of(state: Path) -> dict[str, list[tuple[Any, ...]] | bytes]:
    """Everything that is kept of the runs."""
    kept: dict[str, list[tuple[Any, ...]] | bytes] = {
        str(file): file.read_bytes() for file in (state / CHECKPOINTS).rglob("*") if file.is_file()
    }
    with closing(sqlite3.connect(state / DATABASE)) as database:
        for table in ("checkpoint", "point", "full_test", "beginning"):
            kept[table] = database.execute(f"SELECT * FROM {table}").fetchall()
    return kept


@pytest.mark.parametrize("spoil", FAULTS)
async def test_a_look_changes_nothing_and_says_so(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    await leave_two_runs(tmp_path)
    spoil(newest_file(tmp_path))
    before = all_of(tmp_path)
    # The second server finds out for itself.
    for role in (Role.SPECTATOR, Role.OWNER):
        server = Server(tmp_path)
        session = server.session
        await join(session, viewer := Viewer(role))
        states = [message for message in read(session, viewer) if message["type"] == "session"]
        assert (states[-1]["failure"], states[-1]["recoverable"]) == ("unreadable", True)
        assert "cannot be read" in states[-1]["reason"]
        with pytest.raises(SessionError, match="try again"):
            session.pause(False)
        await server.close()
        assert server.stage.hosts == []
        assert all_of(tmp_path) == before


async def test_full_tests_are_refused_rather_than_said_to_be_none(tmp_path: Path) -> None:
    await leave_two_runs(tmp_path)
    spoil_the_graph(newest_file(tmp_path))
    server = Server(tmp_path)
    with pytest.raises(SessionError, match="cannot be read"):
        await server.session.full_tests()
    await server.close()


@pytest.mark.parametrize("spoil", FAULTS)
async def test_once_it_can_be_read_its_owner_goes_on(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    await leave_two_runs(tmp_path)
    file = newest_file(tmp_path)
    data = file.read_bytes()
    spoil(file)
    server = Server(tmp_path)
    session = server.session
    await join(session, viewer := Viewer())
    session.recover()
    await launched(session)
    assert session.state.life.failure == "unreadable"
    if file.is_dir():
        file.rmdir()
    file.write_bytes(data)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database, database:
        database.execute("UPDATE point SET examples = 400 WHERE number = 1")
    session.recover()
    await launched(session)
    start = server.stage.host.last(StartRun)
    assert (start.snapshot, start.points) == (data, 3)
    viewer.next_point = 0
    points = [message for message in read(session, viewer) if message["type"] == "points"]
    assert sum(len(message["loss"]) for message in points) == 3
    await server.close()


async def test_one_can_begin_anew_and_what_cannot_be_read_stays_the_run_before(
    tmp_path: Path,
) -> None:
    await leave_two_runs(tmp_path)
    file = newest_file(tmp_path)
    replace_by_a_folder(file)
    server = Server(tmp_path)
    session = server.session
    await join(session, Viewer())
    session.restart()
    await launched(session)
    host = server.stage.host
    assert host.last(StartRun).snapshot is None
    host.begin()
    host.checkpoint(20)
    await server.close()
    assert file.exists()
    server = Server(tmp_path)
    await join(server.session, Viewer())
    assert server.stage.host.last(StartRun).run_id == session.run_id
    await server.close()


async def test_one_can_go_back_to_the_run_before(tmp_path: Path) -> None:
    net = initial_net(parse(DEFAULT_TEXT.replace("filters:8", "filters:3")), 1)
    await leave_two_runs(tmp_path, dump(net))
    delete(newest_file(tmp_path))
    server = Server(tmp_path)
    session = server.session
    await join(session, Viewer())
    failed = session.run_id
    await session.return_to_run_before()
    await launched(session)
    start = server.stage.host.last(StartRun)
    assert start.snapshot == dump(net)
    assert start.run_id == session.run_id > failed
    server.stage.host.begin()
    # What was left by that still cannot be read, and says so.
    with pytest.raises(SessionError, match="cannot be read"):
        await session.return_to_run_before()
    await server.close()


async def test_where_there_is_no_run_before_nothing_changes(tmp_path: Path) -> None:
    server = Server(tmp_path)
    session = server.registry.create("me")
    await join(session, Viewer())
    server.stage.host.begin()
    server.stage.host.checkpoint(20)
    await server.close()
    delete(newest_file(tmp_path))
    before = all_of(tmp_path)
    server = Server(tmp_path)
    await join(server.session, Viewer())
    with pytest.raises(SessionError, match="no run before"):
        await server.session.return_to_run_before()
    assert server.session.state.life.failure == "unreadable"
    await server.close()
    assert all_of(tmp_path) == before


async def test_what_the_trainer_refuses_is_unreadable_too(tmp_path: Path) -> None:
    await leave_two_runs(tmp_path)
    before = all_of(tmp_path)
    server = Server(tmp_path)
    session = server.session
    await join(session, viewer := Viewer())
    first = server.stage.host
    first.refuses = True
    first.report(Failed(session.run_id, "It is damaged.", unreadable=True))
    assert (session.state.life.failure, session.state.life.reason) == (
        "unreadable",
        "It is damaged.",
    )
    # At once, while its trainer is still being given back.
    session.recover()
    await another_host(server)
    assert first.stopped
    server.stage.host.refuses = True
    server.stage.host.report(Failed(session.run_id, "It is damaged.", unreadable=True))
    assert not any(message["type"] == "notice" for message in read(session, viewer))
    await server.close()
    assert all_of(tmp_path) == before


async def test_one_can_begin_anew_while_the_trainer_that_refused_is_given_back(
    tmp_path: Path,
) -> None:
    await leave_two_runs(tmp_path)
    server = Server(tmp_path)
    session = server.session
    await join(session, Viewer())
    first = server.stage.host
    first.silent = True
    first.report(Failed(session.run_id, "It is damaged.", unreadable=True))
    await first.ordered(TakeCheckpoint)
    # Its answer is still to come when the session is left without a trainer.
    leaving = asyncio.ensure_future(session._trainer.close())
    await asyncio.sleep(0)
    session.restart()
    await leaving
    await another_host(server)
    assert server.stage.host.last(StartRun).run_id == session.run_id
    await server.close()
