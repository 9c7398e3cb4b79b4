"""A state folder of every earlier version opens, with nothing lost; what cannot be opened stays."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from scripts.live_server import LiveServer
from server.protocol.run_values import Checkpoint, Weights
from server.storage import migrations
from server.storage.checkpoint_files import CHECKPOINTS
from server.storage.database import DATABASE, Storage
from server.storage.keeper import StorageError
from server.storage.migrations import STEPS, VERSION
from tests.server.serving import Browser, Site, Stream

KEPT = {folder.name: folder for folder in Path(__file__).parent.glob("version_*")}
POINT = ("examples", "loss", "decay_loss", "train_accuracy", "validation_accuracy")
FLAGS = ("--keep-days", "1", "--running", "9")
"""The kept sessions were seen long ago, and are not removed for that; none waits in line."""


@pytest.fixture(params=KEPT)
def kept(request: pytest.FixtureRequest) -> Path:
    """A state folder as some earlier version left it."""
    return KEPT[request.param]


@pytest.fixture
def state(kept: Path, tmp_path: Path) -> Path:
    """A copy of it to work with."""
    return shutil.copytree(kept / "state", tmp_path / "state")


@pytest.fixture
def browser(kept: Path, state: Path) -> Iterator[Browser]:
    """The browser that began the kept sessions, on a server that has them."""
    with LiveServer(*FLAGS, state=state) as server, Site(server.port).browser() as browser:
        name, _, value = (kept / "cookie.txt").read_text().partition("=")
        browser.http.cookies.set(name, value, domain="127.0.0.1")
        yield browser


class Raw:
    """What is in a state folder, read without the program."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.version: int = self.rows("PRAGMA user_version")[0]["user_version"]
        self.sessions = self.rows("SELECT * FROM session")

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        # Immutable: else files of the reader's own would be left beside it.
        path = f"file:{self._state / DATABASE}?immutable=1"
        with closing(sqlite3.connect(path, uri=True)) as raw:
            raw.row_factory = sqlite3.Row
            return [dict(row) for row in raw.execute(query, values)]

    def of_run(self, table: str, session: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows of a session's current run."""
        return self.rows(
            f"SELECT * FROM {table} WHERE session = ? AND run_id = ?",
            session["id"],
            session["run_id"],
        )

    def checkpoint(self, session: dict[str, Any]) -> dict[str, Any]:
        """The newest, with its content under "data"."""
        (found,) = self.of_run("checkpoint", session)
        return found | {"data": (self._state / CHECKPOINTS / found["file"]).read_bytes()}

    def points(self, session: dict[str, Any]) -> list[tuple[Any, ...]]:
        rows = sorted(self.of_run("point", session), key=lambda row: int(row["number"]))
        return [tuple(row[name] for name in POINT) for row in rows]

    def tests(self, session: dict[str, Any]) -> list[tuple[int, float]]:
        """The full tests of its run, which were thrown away before version 2."""
        if self.version == 1:
            return []
        rows = sorted(self.of_run("full_test", session), key=lambda row: int(row["number"]))
        return [(row["examples"], row["accuracy"]) for row in rows]


def test_there_is_a_state_of_every_version_before_this_one() -> None:
    assert set(KEPT) == {f"version_{number}" for number in range(1, VERSION)}
    assert all(
        Raw(KEPT[f"version_{number}"] / "state").version == number for number in range(1, VERSION)
    )


def test_every_record_checkpoint_and_graph_is_there(kept: Path, state: Path) -> None:
    raw = Raw(kept / "state")
    storage = Storage(state)
    records = {record.id: record for record in storage.records()}
    assert len(records) == len(raw.sessions) > 0
    for session in raw.sessions:
        record = records[session["id"]]
        for name, value in session.items():
            if name == "trainer":
                assert dict(record.trainer) == json.loads(value)
            elif name == "divergences":
                assert [each.step for each in record.divergences] == [
                    each["step"] for each in json.loads(value)
                ]
            elif name == "trainer_changes":
                assert [each.examples for each in record.trainer_changes] == [
                    each["examples"] for each in json.loads(value)
                ]
            elif name == "added":
                assert record.added == ()
            elif name == "before":
                assert (record.before and record.before.text) == (
                    value and json.loads(value)["text"]
                )
            else:
                assert getattr(record, name) == value, name
        stored = raw.checkpoint(session)
        assert storage.newest_checkpoint(record.id) == Checkpoint(
            stored["run_id"],
            stored["examples"],
            stored["points"],
            stored.get("tests", 0),
            stored["data"],
        )
        remains = storage.remains(record.id, record.run_id)
        assert list(remains.points) == raw.points(session)
        assert len(remains.points) == stored["points"] > 0
        assert [(test.examples, test.accuracy) for test in remains.tests] == raw.tests(session)
        began = raw.of_run("beginning", session)
        assert remains.weights == (
            Weights(began[0]["params"], began[0]["state"]) if began else None
        )
    storage.close()
    # Those of the runs before them too, which a change of network replaced.
    assert {row["file"] for row in Raw(state).rows("SELECT file FROM checkpoint")} == {
        row["file"] for row in raw.rows("SELECT file FROM checkpoint")
    }
    assert tree(state / CHECKPOINTS) == tree(kept / "state" / CHECKPOINTS)


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_every_kind_of_session_is_among_those_that_are_kept(kept: Path) -> None:
    raw = Raw(kept / "state")
    kinds = [(session["paused"], session["failure"]) for session in raw.sessions]
    assert {(0, None), (1, None), (0, "diverged")} <= set(kinds)
    assert "adam" in {json.loads(session["trainer"])["method"] for session in raw.sessions}
    assert len(raw.rows("SELECT * FROM beginning")) == 2


def test_a_server_shows_every_session_and_goes_on_with_it(kept: Path, browser: Browser) -> None:
    raw = Raw(kept / "state")
    listed = browser.http.get("/api/sessions").raise_for_status().json()["sessions"]
    assert {each["session"] for each in listed} == {session["id"] for session in raw.sessions}
    for session in raw.sessions:
        with browser.watch(session["id"]) as stream:
            shows_what_was(stream, raw, session)
            goes_on(stream, raw, session)


def shows_what_was(stream: Stream, raw: Raw, session: dict[str, Any]) -> None:
    shown = stream.until("session")
    assert (shown["run_id"], shown["spec"]) == (session["run_id"], session["text"])
    assert shown["trainer"] == json.loads(session["trainer"])
    assert shown["seed"] == session["seed"]
    assert shown.get("failure") == session["failure"]
    assert shown["divergences"] == json.loads(session["divergences"])
    kept = raw.points(session)
    stream.do("points", run_id=session["run_id"], after=-1)
    points = stream.until("points", lambda points: points["first"] == 0)
    columns = zip(*(points[name] for name in POINT), strict=True)
    assert list(columns)[: len(kept)] == kept


@pytest.mark.parametrize("kept", ["version_1", "version_2"], indirect=True)
def test_an_eps_that_was_not_written_down_stays_what_it_was(kept: Path, browser: Browser) -> None:
    """Then 1e-8, whatever the method: until the network is changed, which means today's default."""
    sessions = Raw(kept / "state").sessions
    session = next(each for each in sessions if each["paused"] and not each["failure"])
    assert "eps" not in session["text"]
    with browser.watch(session["id"]) as stream:
        stream.until_status("paused")
        stream.do("step")
        url = f"/api/sessions/{session['id']}/snapshot"
        saved = browser.http.get(url).raise_for_status().json()
        assert "eps:1e-8" in saved["convnet_live"]["spec"]
        stream.do("restart")
        again = stream.until("session", lambda now: now["run_id"] > session["run_id"])
        assert (again["spec"], again["trainer"]["eps"]) == (session["text"], 1e-8)
        stream.do("change_network", spec=session["text"], keep=True)
        changed = stream.until("session", lambda now: now["run_id"] > again["run_id"])
        assert changed["trainer"]["eps"] == 1e-6


def goes_on(stream: Stream, raw: Raw, session: dict[str, Any]) -> None:
    """From the very example after which it was kept."""
    before: int = raw.checkpoint(session)["examples"]
    batch = json.loads(session["trainer"])["batch_size"]
    if session["failure"] == "diverged":
        stream.do("configure", settings={"learning_rate": 0.01})
        stream.do("recover")
    if session["paused"] or session["failure"]:
        stream.until_status("paused")
        stream.do("step")
        stats = stream.until("stats", lambda stats: stats["examples"] > before)
        assert (stats["run_id"], stats["examples"]) == (session["run_id"], before + batch)
    else:
        stats = stream.until("stats", lambda stats: stats["examples"] > before + 1000)
        assert stats["run_id"] == session["run_id"]
        assert (stats["examples"] - before) % batch == 0
        first = len(raw.points(session))
        stream.do("points", run_id=session["run_id"], after=first - 1)
        points = stream.until("points", lambda points: points["first"] == first)
        assert before < points["examples"][0] < before + 1000


def test_a_copy_of_the_database_is_made_before_it_is_changed(kept: Path, state: Path) -> None:
    Storage(state).close()
    assert Raw(state).version == VERSION
    copy = state / f"sessions.before-{VERSION}.sqlite3"
    # As a person would go back to it.
    copy.rename(state / DATABASE)
    for table in ("session", "checkpoint", "point", "beginning"):
        query = f"SELECT * FROM {table}"
        assert Raw(state).rows(query) == Raw(kept / "state").rows(query)
    assert Raw(state).version == Raw(kept / "state").version
    # No second one is made of what needs no change.
    Storage(state).close()
    made = copy.stat().st_mtime_ns
    Storage(state).close()
    assert copy.stat().st_mtime_ns == made
    assert [each.name for each in state.glob("*before*")] == [copy.name]


def test_what_a_killed_server_left_in_its_log_is_opened_and_copied_too(
    state: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(state / DATABASE)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("UPDATE session SET examples = 12345")
        database.commit()
        # With the database open, so that its log is not written back.
        killed = shutil.copytree(state, tmp_path / "killed")
    assert (killed / f"{DATABASE}-wal").stat().st_size > 0
    assert all(session["examples"] != 12345 for session in Raw(killed).sessions)
    storage = Storage(killed)
    assert {record.examples for record in storage.records()} == {12345}
    storage.close()
    (killed / f"sessions.before-{VERSION}.sqlite3").rename(killed / DATABASE)
    assert {session["examples"] for session in Raw(killed).sessions} == {12345}


def test_a_new_folder_has_no_copy(tmp_path: Path) -> None:
    Storage(tmp_path).close()
    assert Raw(tmp_path).version == VERSION
    assert not list(tmp_path.glob("*before*"))


def test_a_step_that_fails_leaves_all_as_it_was(
    kept: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = ("CREATE TABLE later (id TEXT) STRICT; ALTER TABLE session ADD COLUMN late TEXT;", "?")
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", (*STEPS, *later))
        patch.setattr(migrations, "VERSION", len(STEPS) + 2)
        with pytest.raises(StorageError, match="syntax error"):
            Storage(state)
    raw, before = Raw(state), Raw(kept / "state")
    assert raw.version == before.version
    assert raw.sessions == before.sessions
    tables = "SELECT sql FROM sqlite_schema ORDER BY name"
    assert raw.rows(tables) == before.rows(tables)
    # And this program opens it.
    Storage(state).close()
    assert Raw(state).version == VERSION


def test_where_no_copy_can_be_made_nothing_is_changed(state: Path) -> None:
    before = Raw(state).version
    blocked = state / f"sessions.before-{VERSION}.sqlite3"
    blocked.mkdir()
    with pytest.raises(StorageError, match="directory"):
        Storage(state)
    assert Raw(state).version == before
    assert not list(state.glob("*.part"))


def test_columns_are_found_by_name(tmp_path: Path, state: Path) -> None:
    """As in a database whose columns came in another order, or that has one more."""
    whole = Storage(state)
    records = whole.records()
    checkpoints = [whole.newest_checkpoint(record.id) for record in records]
    remains = [whole.remains(record.id, record.run_id) for record in records]
    whole.close()
    with closing(sqlite3.connect(state / DATABASE)) as database:
        for table in ("session", "checkpoint", "point", "full_test", "beginning"):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            database.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
            database.execute(
                f"CREATE TABLE {table} AS "
                f"SELECT 'more' AS more, {', '.join(reversed(columns))} FROM old_{table}"
            )
        database.commit()
    shuffled = Storage(state)
    assert shuffled.records() == records
    assert [shuffled.newest_checkpoint(record.id) for record in records] == checkpoints
    assert [shuffled.remains(record.id, record.run_id) for record in records] == remains
    shuffled.close()


def test_a_database_of_a_newer_program_is_refused_in_a_line(tmp_path: Path) -> None:
    Storage(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = (tmp_path / DATABASE).read_bytes()
    with pytest.raises(StorageError) as caught:
        Storage(tmp_path)
    said = str(caught.value)
    assert "newer version of this program" in said
    assert str(tmp_path) in said
    assert "--state" in said
    assert "\n" not in said
    assert (tmp_path / DATABASE).read_bytes() == before
    assert not list(tmp_path.glob("*before*"))
