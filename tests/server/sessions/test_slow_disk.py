"""A disk that takes its time holds up who waits for it, and nobody else."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from server.audience.viewer import Viewer
from server.protocol.connections import CloseReason
from server.protocol.orders import StartRun
from server.protocol.run_values import Checkpoint
from server.sessions.registry import Registry
from server.storage.database import Storage
from server.storage.disk_keeper import READERS, DiskKeeper
from server.storage.records import Remains
from tests.server.fake_host import Stage, join, read

pytestmark = pytest.mark.anyio


class SlowStorage(Storage):
    """Reads nothing until `fast` is set."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.fast = threading.Event()
        self.reads = 0

    def newest_checkpoint(self, session: str, run_id: int | None = None) -> Checkpoint | None:
        self._wait()
        return super().newest_checkpoint(session, run_id)

    def remains(self, session: str, run_id: int) -> Remains:
        self._wait()
        return super().remains(session, run_id)

    def _wait(self) -> None:
        self.reads += 1
        assert self.fast.wait(30)


async def kept_session(folder: Path) -> None:
    """Leave a session with three graph points and a checkpoint in the folder."""
    keeper = DiskKeeper(Storage(folder))
    stage = Stage(keeper=keeper)
    registry = Registry(stage.shared)
    await join(registry.create("me"), Viewer())
    run_id = stage.host.begin()
    stage.host.points(run_id, 3)
    stage.host.checkpoint(600, 3)
    await registry.close()
    await keeper.close()


async def test_while_one_session_is_read_the_others_go_on(tmp_path: Path) -> None:
    await kept_session(tmp_path)
    storage = SlowStorage(tmp_path)
    keeper = DiskKeeper(storage)
    stage = Stage(places=5, keeper=keeper)
    registry = Registry(stage.shared)
    (kept,) = registry
    storage.fast.set()
    other, viewer = registry.create("you"), Viewer()
    await join(other, viewer)
    run_id = stage.host.begin()
    read(other, viewer)
    storage.fast.clear()
    reads = storage.reads

    late = Viewer()
    joining = asyncio.ensure_future(join(kept, late))
    saving = [asyncio.ensure_future(kept.snapshot()) for _ in range(READERS)]
    for count in range(1, 100):
        stage.hosts[0].frame(run_id, examples=count)
        assert [m["examples"] for m in read(other, viewer)] == [count]
        # Threads of the event loop's own are all free for others.
        await asyncio.gather(*(asyncio.to_thread(int) for _ in range(10)))
    async with asyncio.timeout(30):
        while storage.reads < reads + READERS:
            await asyncio.sleep(0)
    assert not joining.done()
    assert not any(each.done() for each in saving)

    storage.fast.set()
    await joining
    assert {await each for each in saving} == {b"state"}
    start = stage.host.last(StartRun)
    # The trainer's last word at the end of the server before was a checkpoint after 1,000.
    assert (start.snapshot, start.points) == (b"state", len(kept.audience.history))
    assert len(kept.audience.history) == 3
    await registry.close()
    await keeper.close()


async def test_a_session_removed_while_it_is_read_starts_nothing(tmp_path: Path) -> None:
    await kept_session(tmp_path)
    storage = SlowStorage(tmp_path)
    keeper = DiskKeeper(storage)
    stage = Stage(keeper=keeper)
    registry = Registry(stage.shared)
    (kept,) = registry
    waking = asyncio.ensure_future(kept.wake())
    async with asyncio.timeout(30):
        while storage.reads < 1:
            await asyncio.sleep(0)
    registry.remove(kept.id, "me")
    storage.fast.set()
    await waking
    kept.join(late := Viewer())
    assert late.closing is CloseReason.CLOSED
    await registry.close()
    await keeper.close()
    assert stage.hosts == []
    (record,) = Storage(tmp_path).records()
    assert record.removed is not None
