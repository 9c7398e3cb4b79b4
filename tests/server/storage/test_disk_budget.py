"""Sessions take no more of the disk than they may; what is there stays, and who is near is told."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.audience.viewer import Viewer
from server.protocol.run_values import Checkpoint, Weights
from server.sessions.registry import Registry
from server.sessions.session import Session
from server.storage.checkpoint_files import CHECKPOINTS
from server.storage.database import POINT_BYTES, Storage
from server.storage.disk_budget import DiskBudget, OverBudget, Usage, usage
from server.storage.disk_keeper import DiskKeeper
from server.storage.records import GraphTail
from tests.server.fake_host import Stage, join, read
from tests.server.storage.test_database import RECORD

NOTHING = GraphTail(0, (), 0, ())
AMPLE = 10**9


def checkpoint(size: int, run_id: int = 3) -> Checkpoint:
    return Checkpoint(run_id, 100, 0, 0, bytes(size))


def storage_of(folder: Path, per_owner: int, in_all: int = AMPLE) -> Storage:
    """With a session of one owner, `s`, and two of another, `t` and `u`."""
    storage = Storage(folder, DiskBudget(per_owner, in_all))
    for name, owner in (("s", "one"), ("t", "other"), ("u", "other")):
        storage.write(replace(RECORD, id=name, owner=owner))
    return storage


def test_what_would_exceed_a_browsers_share_is_not_written(tmp_path: Path) -> None:
    storage = storage_of(tmp_path, 1000)
    storage.write_checkpoint("t", checkpoint(600), NOTHING)
    with pytest.raises(OverBudget, match=r"your sessions take up .* remove a session"):
        storage.write_checkpoint("u", checkpoint(401), NOTHING)
    assert storage.newest_checkpoint("t") == checkpoint(600)
    assert storage.newest_checkpoint("u") is None
    # Others do not suffer for it; what takes no more than before can be written, up to the bound.
    storage.write_checkpoint("s", checkpoint(1000), NOTHING)
    storage.write_checkpoint("u", checkpoint(400), NOTHING)
    storage.write_checkpoint("t", checkpoint(600), NOTHING)
    storage.remove("t")
    storage.write_checkpoint("u", checkpoint(1000), NOTHING)
    storage.close()


def test_first_weights_and_graphs_count_too(tmp_path: Path) -> None:
    storage = storage_of(tmp_path, 1000)
    storage.write_beginning("t", 3, Weights(bytes(500), bytes(100)))
    points = [(200 * number, 0.5, 0.1, None, None) for number in range(5)]
    grown = replace(checkpoint(401 - 5 * POINT_BYTES), points=5)
    with pytest.raises(OverBudget):
        storage.write_checkpoint("t", grown, GraphTail(0, points, 0, ()))
    storage.write_checkpoint("t", checkpoint(400), NOTHING)
    with pytest.raises(OverBudget):
        storage.write_beginning("u", 3, Weights(b"w", b""))
    storage.close()


def test_all_sessions_together_have_a_bound(tmp_path: Path) -> None:
    storage = storage_of(tmp_path, 1000, 1500)
    storage.write_checkpoint("t", checkpoint(1000), NOTHING)
    with pytest.raises(OverBudget, match="all sessions together"):
        storage.write_checkpoint("s", checkpoint(501), NOTHING)
    # Whoever came first keeps what there is, and can go on with it.
    storage.write_checkpoint("t", checkpoint(1000), NOTHING)
    storage.write_checkpoint("s", checkpoint(500), NOTHING)
    storage.close()


def test_a_run_that_is_returned_to_needs_no_room_for_two(tmp_path: Path) -> None:
    storage = storage_of(tmp_path, 1000)
    for run_id in (3, 4):
        storage.write_checkpoint("s", checkpoint(500, run_id), NOTHING)
    storage.write(replace(RECORD, id="s", owner="one", run_id=5, keep=True, continues=3))
    storage.write_checkpoint("s", checkpoint(500, 5), NOTHING)
    storage.write(replace(RECORD, id="s", owner="one", run_id=5, continues=3))
    assert storage.newest_checkpoint("s") == checkpoint(500, 5)
    storage.close()


def test_little_room_is_warned_of_from_four_fifths_on(tmp_path: Path) -> None:
    storage = storage_of(tmp_path, 1000, 2000)
    storage.write_checkpoint("t", checkpoint(799), NOTHING)
    assert storage.warning("t") is None
    storage.write_checkpoint("t", checkpoint(800), NOTHING)
    assert "remove a session" in (storage.warning("t") or "")
    assert storage.warning("u") == storage.warning("t")
    assert storage.warning("s") is None
    storage.write_checkpoint("s", checkpoint(790), NOTHING)
    assert storage.warning("s") is None
    storage.write_checkpoint("u", checkpoint(10), NOTHING)
    assert "All sessions together" in (storage.warning("s") or "")
    storage.close()


def test_what_earlier_versions_kept_is_measured(tmp_path: Path) -> None:
    state = shutil.copytree(Path(__file__).parent / "version_1" / "state", tmp_path / "state")
    files = sum(file.stat().st_size for file in (state / CHECKPOINTS).rglob("*.json"))
    storage = Storage(state)
    database = storage._database
    points = database.execute("SELECT SUM(points) FROM checkpoint").fetchone()[0]
    weights = "SELECT SUM(LENGTH(params) + LENGTH(state)) FROM beginning"
    weighed = database.execute(weights).fetchone()[0]
    total = files + POINT_BYTES * points + weighed
    (record, *_) = storage.records()
    assert usage(database, record.id) == Usage(total, total)
    storage.close()


async def next_saved(session: Session, viewer: Viewer) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            for message in read(session, viewer):
                if message["type"] == "saved":
                    return message
            await viewer.wait(1)


@pytest.mark.anyio
async def test_the_page_is_told_before_and_beyond_and_a_removal_helps(tmp_path: Path) -> None:
    keeper = DiskKeeper(Storage(tmp_path, DiskBudget(1_000_000, 10_000_000)))
    stage = Stage(places=5, keeper=keeper)
    registry = Registry(stage.shared)
    old, viewer = registry.create("me"), Viewer()
    await join(old, viewer)
    stage.host.begin()
    stage.host.state = bytes(700_000)
    stage.host.checkpoint(100)
    assert "warning" not in await next_saved(old, viewer)

    session, viewer = registry.create("me"), Viewer()
    await join(session, viewer)
    host = stage.host
    host.begin()
    host.state = bytes(200_000)
    host.checkpoint(100)
    told = await next_saved(session, viewer)
    assert told["warning"].startswith("Your sessions take 1 MB of the 1 MB")
    host.state = bytes(400_000)
    host.checkpoint(200)
    told = await next_saved(session, viewer)
    assert (told["examples"], "warning" in told) == (100, False)
    assert told["trouble"].startswith("Nothing newer can be saved: your sessions take up")
    # A refused checkpoint is not held in memory either.
    kept = await keeper.newest_checkpoint(session.id)
    assert kept is not None
    assert kept.examples == 100
    registry.remove(old.id, "me")
    async with asyncio.timeout(30):
        while all(each.removed is None for each in keeper.records()):
            await asyncio.sleep(0.001)
    host.checkpoint(300)
    told = await next_saved(session, viewer)
    assert told == {"type": "saved", "seq": told["seq"], "run_id": 1, "examples": 300}
    await registry.close()
    await keeper.close()
