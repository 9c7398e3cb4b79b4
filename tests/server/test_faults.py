"""Processes killed and stopped, servers killed, disks full: on a really started server."""

from __future__ import annotations

import os
import random
import resource
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scripts.live_server import LiveServer
from server.settings import Settings
from tests.limits import no_more_threads
from tests.server.faults import Killing, await_true, integrity, kill_workers, saved_examples
from tests.server.processes import descendants, runs, workers
from tests.server.serving import Browser, Site, Stream, serving


@contextmanager
def watching(server: LiveServer) -> Iterator[tuple[Browser, Stream]]:
    """A session that trains, with its browser."""
    with Site(server.port).browser() as browser, browser.session() as stream:
        stream.until_status("running")
        yield browser, stream


def failed(stream: Stream) -> str:
    """Why nothing can be read of a session that its owner can try again."""
    state = stream.until("session", lambda session: session["status"] == "failed")
    assert (state["failure"], state["recoverable"]) == ("unreadable", True)
    reason: str = state["reason"]
    return reason


def test_a_killed_worker_is_followed_by_another_and_the_page_is_told(tmp_path: Path) -> None:
    with (
        LiveServer("--checkpoint-every", "1", state=tmp_path) as server,
        watching(server) as (_, stream),
    ):
        kept = saved_examples(stream, at_least=1)
        run_id = stream.state["run_id"]
        (worker,) = workers(server.pid)
        os.kill(worker, signal.SIGKILL)
        notice = stream.until("notice")
        assert notice["level"] == "warning"
        assert "killed" in notice["message"]
        stream.until_status("running")
        stats = stream.until("stats")
        assert (stats["run_id"], stats["examples"] >= kept) == (run_id, True)
        (other,) = workers(server.pid)
        assert other != worker
        assert saved_examples(stream, at_least=kept + 1) > kept


def test_after_five_deaths_in_a_row_one_can_try_again(tmp_path: Path) -> None:
    # No checkpoint but the first: each process dies where the one before it did.
    with (
        LiveServer("--checkpoint-every", "3600", state=tmp_path) as server,
        watching(server) as (_, stream),
    ):
        kill_workers(server.pid, times=5)
        state = stream.until("session", lambda session: session["status"] == "failed")
        assert (state["failure"], state["recoverable"]) == ("died", True)
        assert "5 times in a row" in state["reason"]
        stream.do("recover")
        stream.until("session", lambda session: session["status"] == "running")
        stream.until("stats", lambda stats: stats["examples"] > 0)


def test_where_no_thread_can_be_started_one_can_try_again_when_there_are_some() -> None:
    with (
        serving(Settings(offline=True)) as site,
        site.browser() as browser,
        browser.session() as stream,
    ):
        stream.until_status("running")
        (worker,) = workers(os.getpid())
        with no_more_threads():
            os.kill(worker, signal.SIGKILL)
            state = stream.until("session", lambda session: session["status"] == "failed")
        assert "can't start new thread" in state["reason"]
        assert not workers(os.getpid())
        stream.do("recover")
        stream.until("session", lambda session: session["status"] == "running")


def test_a_stopped_worker_is_seen_as_stalled_and_replaced(tmp_path: Path) -> None:
    with (
        LiveServer("--checkpoint-every", "1", state=tmp_path) as server,
        watching(server) as (_, stream),
    ):
        saved_examples(stream, at_least=1)
        (worker,) = workers(server.pid)
        below = list(descendants(worker))
        os.kill(worker, signal.SIGSTOP)
        notice = stream.until("notice")
        assert "stopped answering" in notice["message"]
        stream.until_status("running")
        stream.until("stats")
        assert not runs(worker)
        await_true(lambda: not any(map(runs, below)), "a helper is left behind")


def test_a_server_killed_at_random_moments_loses_nothing(tmp_path: Path) -> None:
    Killing(tmp_path, random.Random(1)).run(10, print)


def test_a_stopped_worker_does_not_outlive_a_killed_server(tmp_path: Path) -> None:
    with LiveServer(state=tmp_path) as server, watching(server) as (_, stream):
        stream.until("stats")
        below = list(descendants(server.pid))
        for worker in workers(server.pid):
            os.kill(worker, signal.SIGSTOP)
        server.kill()
        await_true(lambda: not any(map(runs, below)), "a process is left behind")


def test_the_end_of_a_server_is_a_checkpoint_too(tmp_path: Path) -> None:
    server = LiveServer("--checkpoint-every", "3600", state=tmp_path)
    with server, watching(server) as (browser, stream):
        session = stream.state["session"]
        # Two graph points at least.
        seen = stream.until("stats", lambda stats: stats["examples"] > 400)["examples"]
        server.stop()
        server.start()
        with browser.session() as again:
            again.until_status("running")
            assert again.state["session"] == session
            assert again.until("stats")["examples"] >= seen
            points = again.do("points", run_id=again.state["run_id"], after=-1)
            assert points["points"] > 0
    assert integrity(tmp_path) == "ok"


def test_full_tests_outlive_a_killed_server(tmp_path: Path) -> None:
    columns = ("examples", "accuracy", "images", "confusion")
    with (
        LiveServer("--checkpoint-every", "1", state=tmp_path) as server,
        watching(server) as (browser, stream),
    ):
        stream.until("tests", lambda tests: tests["first"] >= 1)
        stream.do("points", run_id=stream.state["run_id"], after=-1)
        seen = stream.until("tests", lambda tests: tests["first"] == 0)
        saved_examples(stream, at_least=stream.until("stats")["examples"])
        server.kill()
        server.start()
        with browser.session() as again:
            again.do("points", run_id=again.until("session")["run_id"], after=-1)
            tests = again.until("tests", lambda tests: tests["first"] == 0)
            for name in columns:
                assert tests[name][: len(seen[name])] == seen[name]
            assert len(seen["examples"]) >= 2


def test_a_pause_and_a_change_of_network_are_checkpoints(tmp_path: Path) -> None:
    with (
        LiveServer("--checkpoint-every", "3600", state=tmp_path) as server,
        watching(server) as (browser, stream),
    ):
        path = f"/api/sessions/{stream.state['session']}/snapshot"
        stream.until("stats", lambda stats: stats["examples"] > 0)
        stream.do("pause")
        trained = browser.http.get(path).json()["convnet_live"]["training"]["examples_seen"]
        assert saved_examples(stream, at_least=1) == trained
        stream.do("step")
        assert saved_examples(stream, at_least=trained + 1) == trained + 20
        run_id = stream.do("restart")["run_id"]
        assert stream.until("saved", lambda saved: saved["run_id"] == run_id)["examples"] == 0


def test_a_full_disk_stops_nobody_and_is_recovered_from(tmp_path: Path) -> None:
    with (
        LiveServer("--checkpoint-every", "1", state=tmp_path) as server,
        watching(server) as (_, stream),
    ):
        kept = saved_examples(stream, at_least=1)
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, hard))
        told = stream.until("saved", lambda saved: "trouble" in saved)
        assert "saved" in told["trouble"]
        before = stream.until("stats")
        stream.until("stats", lambda stats: stats["examples"] > before["examples"])
        # What was saved before can be read by another program, as it would be after a crash.
        newest = max(
            (tmp_path / "checkpoints").rglob("*.json"), key=lambda file: file.stat().st_mtime
        )
        assert newest.read_bytes().startswith(b"{")
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
        later = stream.until("saved", lambda saved: "trouble" not in saved)
        assert later["examples"] > kept


def test_a_damaged_checkpoint_is_left_alone_until_its_owner_goes_back(tmp_path: Path) -> None:
    with (
        LiveServer("--checkpoint-every", "1", state=tmp_path) as server,
        Site(server.port).browser() as browser,
    ):
        with browser.session() as stream:
            stream.until_status("running")
            kept = saved_examples(stream, at_least=1)
            stream.do("restart")
            saved_examples(stream, at_least=1)
            watch = stream.state["watch"]
        server.stop()
        newest = max((tmp_path / "checkpoints").glob("*/*.json"), key=lambda file: file.name)
        newest.write_bytes(newest.read_bytes()[:1000])
        server.start()
        # A spectator is the first to look.
        with browser.connect(f"/api{watch}/stream") as guest:
            assert "is damaged: this is not JSON" in failed(guest)
        server.stop()
        assert newest.stat().st_size == 1000
        server.start()
        with browser.session() as again:
            failed(again)
            again.do("return_to_run_before")
            stats = again.until("stats", lambda stats: stats["run_id"] == again.state["run_id"])
            assert stats["examples"] >= kept
        assert newest.exists()


def test_paused_sessions_of_one_browser_keep_no_place_from_another() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(LiveServer("--running", "4"))
        site = Site(server.port)
        hoarder, other = (stack.enter_context(site.browser()) for _ in range(2))
        for _ in range(4):
            session = hoarder.http.post("/api/sessions").raise_for_status().json()["session"]
            stream = stack.enter_context(hoarder.watch(session))
            stream.until_status("running")
            stream.do("pause")
            stream.until_status("paused")
        assert len(workers(server.pid)) == 4
        newcomer = stack.enter_context(other.session())
        newcomer.until("stats", lambda stats: stats["examples"] > 0)
        assert newcomer.state["status"] == "running"
        assert stream.state["status"] == "paused"


def test_where_its_data_is_gone_a_run_waits_for_it_with_all_that_it_learned(
    tmp_path: Path, small_set: Path
) -> None:
    away = small_set.with_name("away")
    with (
        LiveServer("--checkpoint-every", "1", data=small_set, state=tmp_path / "state") as server,
        watching(server) as (browser, stream),
        browser.connect(f"/api{stream.state['watch']}/stream") as guest,
    ):
        kept = saved_examples(stream, at_least=1)
        small_set.rename(away)
        kill_workers(server.pid, 1)
        for viewer in (stream, guest):
            reason = failed(viewer)
            assert reason == "The data set cannot be used: small: there is no such folder."
            assert viewer.state["dataset"]["name"] == "small"
        away.rename(small_set)
        stream.do("recover")
        stats = stream.until("stats", lambda stats: stats["examples"] > 0)
        assert stats["examples"] >= kept
