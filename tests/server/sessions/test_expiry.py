"""Only time that a server is up makes sessions old, and what is removed can be brought back."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.audience.viewer import Viewer
from server.protocol.orders import StartRun
from server.sessions.registry import SAFE_SECONDS, NoSuchSession, Registry, TooManySessions
from server.sessions.removed_sessions import RESTORABLE_SECONDS
from server.sessions.session import Session
from server.settings import Limits, Settings
from server.storage.checkpoint_files import CHECKPOINTS
from server.storage.database import Storage
from server.storage.disk_keeper import DiskKeeper
from server.uptime import Uptime
from tests.server.fake_host import HandClock, Stage, join, read

pytestmark = pytest.mark.anyio

KEPT = Settings().keep_seconds
HOUR = 3600.0


class Server:
    """The sessions of one server's life, without the server; a hand clock says how long it is."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.storage = Storage(folder)
        self.keeper = DiskKeeper(self.storage)
        uptime = Uptime(self.keeper.uptime(), self.clock)
        self.stage = Stage(places=5, keeper=self.keeper, uptime=uptime)
        self.registry = Registry(self.stage.shared)

    async def trained(self, owner: str = "me") -> Session:
        """A session with a checkpoint, at which nobody looks any more."""
        session, viewer = self.registry.create(owner), Viewer()
        await join(session, viewer)
        run_id = self.stage.host.begin()
        self.stage.host.points(run_id, 3)
        self.stage.host.checkpoint(600, 3)
        session.leave(viewer)
        return session

    def pass_time(self, seconds: float) -> None:
        """Be up for so long, looking for old sessions each hour."""
        for _ in range(int(seconds / HOUR)):
            self.clock.seconds += HOUR
            self.registry.expire()

    def ids(self) -> set[str]:
        return {session.id for session in self.registry}

    async def close(self) -> None:
        await self.registry.close()
        await self.keeper.close()


async def test_what_nobody_has_looked_at_for_long_enough_is_removed(tmp_path: Path) -> None:
    server = Server(tmp_path)
    old, watched = await server.trained(), server.registry.create("me")
    await join(watched, Viewer())
    server.pass_time(KEPT)
    new = await server.trained()
    assert server.ids() == {old.id, watched.id, new.id}
    server.pass_time(HOUR)
    assert server.ids() == {watched.id, new.id}
    await server.close()


async def test_time_without_a_server_does_not_count(tmp_path: Path) -> None:
    server = Server(tmp_path)
    session = await server.trained()
    server.pass_time(KEPT - HOUR)
    await server.close()
    # However long that was, and whatever the clock on the wall says now.
    server = Server(tmp_path)
    session.state.seen = server.registry.find(session.id, "me").state.seen = 0.0
    server.registry.expire()
    assert server.ids() == {session.id}
    # It is older than that after two hours, and on its first day a server removes nothing.
    server.pass_time(SAFE_SECONDS - HOUR)
    assert server.ids() == {session.id}
    server.pass_time(HOUR)
    assert server.ids() == set()
    await server.close()


async def test_uptime_is_counted_though_a_server_is_killed(tmp_path: Path) -> None:
    server = Server(tmp_path)
    await server.trained()
    for _ in range(2):
        server.pass_time(20 * HOUR)
        server.registry._shared.keeper.keep_uptime = lambda seconds: None  # type: ignore[method-assign]
        await server.close()
        server = Server(tmp_path)
    assert server.keeper.uptime() == pytest.approx(40 * HOUR)
    await server.close()


async def test_a_removed_session_can_be_restored_with_all_that_it_was(tmp_path: Path) -> None:
    server = Server(tmp_path)
    session = await server.trained()
    server.stage.host.state = b"the last word"
    server.registry.remove(session.id, "me")
    assert [each.session for each in server.registry.removed("me")] == [session.id]
    assert server.registry.removed("you") == ()
    with pytest.raises(NoSuchSession):
        await server.registry.restore(session.id, "you")
    # At once, though its last checkpoint is still to come.
    restored = await server.registry.restore(session.id, "me")
    assert await server.registry.restore(session.id, "me") is restored
    assert server.registry.removed("me") == ()
    await join(restored, viewer := Viewer())
    viewer.next_point = 0
    assert server.stage.host.last(StartRun).snapshot == b"the last word"
    assert any(len(m["loss"]) == 3 for m in read(restored, viewer) if m["type"] == "points")
    await server.close()
    server = Server(tmp_path)
    assert server.ids() == {session.id}
    await server.close()


async def test_a_removed_session_outlives_its_server_for_a_week(tmp_path: Path) -> None:
    server = Server(tmp_path)
    session, kept = await server.trained(), await server.trained()
    server.registry.remove(session.id, "me")
    # What its trainer had to say before it heard of that does not bring it back.
    server.stage.hosts[0].checkpoint(700, 3)
    await server.close()
    server = Server(tmp_path)
    assert server.ids() == {kept.id}
    (removed,) = server.registry.removed("me")
    assert (removed.session, removed.examples) == (session.id, 200)
    assert removed.seconds == pytest.approx(RESTORABLE_SECONDS)
    server.pass_time(RESTORABLE_SECONDS)
    assert len(server.registry.removed("me")) == 1
    server.pass_time(HOUR)
    assert server.registry.removed("me") == ()
    with pytest.raises(NoSuchSession):
        await server.registry.restore(session.id, "me")
    await server.close()
    server = Server(tmp_path)
    assert [record.id for record in server.storage.records()] == [kept.id]
    assert [each.name for each in (tmp_path / CHECKPOINTS).iterdir()] == [kept.id]
    await server.close()


async def test_what_is_removed_is_bounded_and_restored_only_where_there_is_room() -> None:
    stage = Stage(places=5, limits=Limits(sessions_per_owner=2))
    registry = Registry(stage.shared)
    removed = []
    for _ in range(3):
        session = registry.create("me")
        await join(session, Viewer())
        registry.remove(session.id, "me")
        removed.append(session.id)
    assert {each.session for each in registry.removed("me")} == set(removed[1:])
    for _ in range(2):
        await join(registry.create("me"), Viewer())
    with pytest.raises(TooManySessions):
        await registry.restore(removed[2], "me")
    assert len(registry.removed("me")) == 2
    await registry.close()


async def test_a_session_that_nobody_used_is_gone_at_once() -> None:
    registry = Registry(Stage().shared)
    registry.remove(registry.create("me").id, "me")
    assert registry.removed("me") == ()
    await registry.close()
