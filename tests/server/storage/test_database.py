"""Sessions on disk: what was written is there, and what could not be leaves the rest alone."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from engine.language import DEFAULT_TEXT
from engine.update_rules.optimizers import TRAINER_OPTIONS
from server.protocol.run_values import Checkpoint, Divergence, PointRow, TrainerChange, Weights
from server.storage.database import CHECKPOINTS, DATABASE, Storage, StorageError
from server.storage.records import GraphTail, KeptRun, Remains, RunBefore, SessionRecord
from tests.server.fake_host import full_test

RECORD = SessionRecord(
    id="s",
    owner="o",
    created=1.5,
    seen=2.5,
    run_id=3,
    last_run_id=4,
    text=DEFAULT_TEXT,
    trainer={option.name: option.default for option in TRAINER_OPTIONS},
    seed=7,
    keep=False,
    paused=True,
    failure="diverged",
    reason="It diverged.",
    divergences=(Divergence(20, 2, 1e3),),
    trainer_changes=(
        TrainerChange(10, {"method": ("adadelta", "sgd"), "learning_rate": (0.01, 1e3)}),
    ),
    examples=1000,
)
ROWS: list[PointRow] = [(200 * n, 0.5 / n, 0.1, None, 0.25) for n in range(1, 6)]
TESTS = [full_test(300), full_test(700)]
NOTHING = GraphTail(0, (), 0, ())
ALL = GraphTail(0, ROWS, 0, TESTS)


def checkpoint(
    run_id: int, examples: int, points: int = 0, tests: int = 0, data: bytes = b"{}"
) -> Checkpoint:
    return Checkpoint(run_id, examples, points, tests, data)


def files(folder: Path) -> list[Path]:
    return [file for file in (folder / CHECKPOINTS).rglob("*") if file.is_file()]


def test_what_is_written_is_there_for_the_next_server(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.write(RECORD)
    storage.write_checkpoint("s", checkpoint(3, 1000, 5, 2, b"five"), ALL)
    storage.write_beginning("s", 3, Weights(b"params", b""))
    storage.close()
    storage.close()
    storage = Storage(tmp_path)
    assert storage.records() == [RECORD]
    assert storage.newest_checkpoint("s") == checkpoint(3, 1000, 5, 2, b"five")
    assert storage.remains("s", 3) == Remains(tuple(ROWS), tuple(TESTS), Weights(b"params", b""))
    assert storage.remains("s", 4) == storage.remains("other", 3) == Remains()
    assert storage.newest_checkpoint("other") is None
    storage.close()


def test_a_newer_state_takes_the_place_of_the_older(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.write(RECORD)
    storage.write(changed := replace(RECORD, run_id=4, failure=None, reason=None))
    assert storage.records() == [changed]
    for examples in range(3):
        storage.write_checkpoint("s", checkpoint(4, examples), NOTHING)
    assert storage.newest_checkpoint("s") == checkpoint(4, 2)
    assert len(files(tmp_path)) == 1
    storage.close()


BEFORE = RunBefore(
    run_id=1,
    how="change",
    title="softmax",
    examples=100,
    text=DEFAULT_TEXT,
    trainer={option.name: option.default for option in TRAINER_OPTIONS},
    seed=8,
    keep=False,
    divergences=(Divergence(20, 2, 1e3),),
    trainer_changes=(TrainerChange(40, {"momentum": (0.9, 0.5)}),),
    diverged=True,
)


def runs(folder: Path) -> list[str]:
    """The runs that there is a checkpoint of."""
    return sorted(file.name.split("-")[0] for file in files(folder))


def test_the_run_before_is_kept_whole_until_another_is(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.write(replace(RECORD, run_id=1))
    for run_id in (1, 2, 3):
        storage.write_checkpoint("s", checkpoint(run_id, 100 * run_id, 5, 2), ALL)
        storage.write_beginning("s", run_id, Weights(b"params", b"%d" % run_id))
    storage.write(record := replace(RECORD, before=BEFORE))
    assert storage.records() == [record]
    assert runs(tmp_path) == ["1", "3"]
    # A late one of the run before is not taken for the newest.
    storage.write_checkpoint("s", checkpoint(1, 150, 5, 2), GraphTail(5, (), 2, ()))
    assert storage.newest_checkpoint("s") == checkpoint(3, 300, 5, 2)
    remains = Remains(tuple(ROWS), tuple(TESTS), Weights(b"params", b"1"))
    assert storage.kept_run("s", 1) == KeptRun(checkpoint(1, 150, 5, 2), remains)
    assert storage.kept_run("s", 2) == KeptRun()
    storage.write(replace(record, run_id=4, before=replace(BEFORE, run_id=3)))
    assert (runs(tmp_path), storage.kept_run("s", 1)) == (["3"], KeptRun())
    storage.close()


def test_a_run_keeps_what_it_has_still_to_take_weights_from(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.write(replace(RECORD, run_id=1))
    for run_id in (1, 2, 3):
        storage.write_checkpoint("s", checkpoint(run_id, 0), NOTHING)
    storage.write(replace(RECORD, run_id=4, keep=True, before=BEFORE))
    assert runs(tmp_path) == ["1", "3"]
    storage.write(replace(RECORD, run_id=4, before=BEFORE))
    assert runs(tmp_path) == ["1"]
    storage.close()


def test_the_graph_is_drawn_anew_from_an_earlier_checkpoint(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.write(RECORD)
    storage.write_checkpoint("s", checkpoint(3, 1000, 5, 2), ALL)
    other = (777, 0.0, 0.0, None, None)
    graph = GraphTail(2, [other], 1, [full_test(710)])
    storage.write_checkpoint("s", checkpoint(3, 777, 3, 2), graph)
    assert storage.remains("s", 3).points == (*ROWS[:2], other)
    assert storage.remains("s", 3).tests == (TESTS[0], full_test(710))
    storage.close()


def test_a_session_that_is_removed_leaves_nothing(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    for name in ("s", "t"):
        storage.write(replace(RECORD, id=name))
        storage.write_checkpoint(name, checkpoint(3, 1, 5, 2), ALL)
        storage.write_beginning(name, 3, Weights(b"w", b""))
    storage.remove("s")
    storage.remove("s")
    assert [record.id for record in storage.records()] == ["t"]
    assert (storage.newest_checkpoint("s"), storage.remains("s", 3)) == (None, Remains())
    assert [file.parent.name for file in files(tmp_path)] == ["t"]
    storage.close()


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    with pytest.raises(StorageError, match="another server"):
        Storage(tmp_path)
    storage.close()
    Storage(tmp_path).close()


def test_what_a_crash_left_half_done_is_cleared_away(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.write(RECORD)
    storage.write_checkpoint("s", checkpoint(3, 5), NOTHING)
    storage.close()
    folder = tmp_path / CHECKPOINTS
    (folder / "s" / ".3-9-aa.json.0f1e2d3c.part").write_bytes(b"{")
    (folder / "s" / "3-9-aa.json").write_bytes(b"{}")
    (folder / "gone").mkdir()
    (folder / "gone" / "1-1-bb.json").write_bytes(b"{}")
    storage = Storage(tmp_path)
    assert storage.newest_checkpoint("s") == checkpoint(3, 5)
    assert len(files(tmp_path)) == 1
    assert [each.name for each in folder.iterdir()] == ["s"]
    storage.close()


def test_a_database_that_is_full_keeps_what_it_has(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.write(RECORD)
    storage.write_checkpoint("s", checkpoint(3, 1000, 5, 2), ALL)
    database = storage._database
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    many: list[PointRow] = [(n, 0.5, 0.5, 0.5, 0.5) for n in range(10_000)]
    with pytest.raises(sqlite3.OperationalError, match="full"):
        storage.write_checkpoint("s", checkpoint(3, 2000, 10_000), GraphTail(0, many, 0, ()))
    assert storage.newest_checkpoint("s") == checkpoint(3, 1000, 5, 2)
    assert storage.remains("s", 3).points == tuple(ROWS)
    assert len(files(tmp_path)) == 1
    database.execute("PRAGMA max_page_count = 100000")
    storage.write_checkpoint("s", checkpoint(3, 2000, 10_000), GraphTail(0, many, 0, ()))
    assert storage.remains("s", 3).points == tuple(many)
    storage.close()


def test_a_state_that_cannot_be_read_says_so_and_is_left_alone(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / DATABASE).write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="cannot be read"):
        Storage(broken)
    assert (broken / DATABASE).read_bytes() == b"no database" * 1000
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StorageError, match="cannot be used"):
        Storage(file)
