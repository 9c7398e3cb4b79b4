"""The command `convnet-live serve`, run as a user runs it."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from scripts.live_server import LiveServer
from server import cli
from tests.server.faults import await_true, integrity
from tests.server.processes import descendants
from tests.server.serving import Site

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `serve` with arguments that end it at once."""
    kept = [] if "--state" in arguments else ["--ephemeral"]
    command = [sys.executable, "-m", "server.cli", "serve", "--no-browser", *kept, *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def training(server: LiveServer) -> Iterator[list[int]]:
    """Let a session train; gives the ids of all processes below the server."""
    with Site(server.port).browser() as browser, browser.session() as stream:
        stream.until("stats", lambda stats: stats["examples"] > 1000)
        yield list(descendants(server.pid))


def refused_in_one_line(result: subprocess.CompletedProcess[str], *words: str) -> bool:
    lines = result.stderr.splitlines()
    return result.returncode == 2 and len(lines) == 1 and all(word in lines[0] for word in words)


def test_a_busy_port_is_one_line_that_names_the_flag() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        result = serve("--port", port)
    assert refused_in_one_line(result, port, "in use", "--port"), result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], ["port", "65535"]),
        (["--port", "x"], ["port"]),
        (["--port", "0", "--host", "not a host"], ["--host"]),
        (["--port", "0", "--host", "192.0.2.1"], ["192.0.2.1", "--host"]),
        (["--port", "0", "--data", "/nowhere"], ["/nowhere"]),
        (["--port", "0", "--allow-origin", "example.org"], ["origin"]),
        (["--port", "0", "--running", "0"], ["whole number", "from 1 to 1000000"]),
        (["--port", "00000080808"], ["port", "65535"]),
        (["--pause-after", "1000000001"], ["--pause-after", "from 1 to 1000000000"]),
        (["--keep-days", "9" * 5000], ["--keep-days", "from 1 to 36500"]),
        (["--nothing"], ["--nothing"]),
    ],
)
def test_bad_arguments_are_one_line(arguments: list[str], words: list[str]) -> None:
    result = serve(*arguments)
    assert refused_in_one_line(result, *words), result.stderr


def test_a_broken_data_set_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"nothing")
    result = serve("--port", "0", "--data", str(tmp_path))
    assert refused_in_one_line(result, "train-images-idx3-ubyte"), result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_with_all_its_processes(number: signal.Signals) -> None:
    with LiveServer() as server, training(server) as processes:
        assert processes
        os.kill(server.pid, number)
        assert server.wait(PATIENCE) in (0, 130)
    # The last of them, Python's keeper of shared memory, sees the end of the server and ends.
    for process in processes:
        _await_end(process)


def test_a_terminal_that_is_closed_costs_nothing(tmp_path: Path) -> None:
    # Once an hour: so that what is kept is what was kept at the end.
    server = LiveServer("--checkpoint-every", "3600", state=tmp_path)
    with server, Site(server.port).browser() as browser:
        with browser.session() as stream:
            seen = stream.until("stats", lambda stats: stats["examples"] > 5000)["examples"]
            os.kill(server.pid, signal.SIGHUP)
            assert server.wait(PATIENCE) == 0
        server.start()
        with browser.session() as stream:
            assert stream.until("stats")["examples"] >= seen


def test_a_terminal_that_is_closed_is_ignored_where_that_is_wanted() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with LiveServer() as server, training(server):
            os.kill(server.pid, signal.SIGHUP)
            assert httpx.get(f"{server.url}health", trust_env=False).status_code == 200
    finally:
        signal.signal(signal.SIGHUP, before)


STREAMS = {
    "a full device": ">/dev/full 2>&1",
    "a full device behind stdout": ">/dev/full",
    "no stderr": "2>&-",
    "no streams at all": "<&- >&- 2>&-",
}


@pytest.mark.parametrize("streams", STREAMS.values(), ids=STREAMS)
def test_whatever_its_streams_lead_to_it_serves_and_ends_in_order(
    streams: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (
        f"exec {sys.executable} -m server.cli serve --port {port} --offline --no-browser "
        f"--state {tmp_path} {streams}"
    )
    with subprocess.Popen(["sh", "-c", command], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            await_true(lambda: listens(port) or process.poll() is not None, "it does not start")
            with Site(port).browser() as browser, browser.session() as stream:
                stream.until("saved")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    # What was meant for a stream is not in the database.
    assert integrity(tmp_path) == "ok"


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_seconds_of_a_year_are_not_cut() -> None:
    parser = argparse.ArgumentParser()
    cli._add_serve(parser.add_subparsers())
    arguments = parser.parse_args(["serve", "--pause-after", "31536000"])
    assert arguments.pause_after == 31_536_000


def test_killed_it_leaves_no_process_and_another_takes_its_place() -> None:
    with LiveServer() as server, Site(server.port).browser() as browser:
        before = browser.open()["session"]
        with browser.watch(before) as stream:
            stream.until("stats")
            processes = list(descendants(server.pid))
            server.kill()
        for process in processes:
            _await_end(process)
        server.start()
        # What the page does: its session is unknown, so it asks for a new one.
        with browser.watch(before) as stream:
            assert stream.closing_code() == 4404
        after = browser.http.post("/api/sessions").raise_for_status().json()["session"]
        with browser.watch(after) as stream:
            stream.until("stats")


def _await_end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    import select

    assert select.select([descriptor], [], [], PATIENCE)[0]
    os.close(descriptor)


def test_an_address_for_others_comes_with_a_warning() -> None:
    with LiveServer("--host", "0.0.0.0") as server:
        assert any("warning" in line and "--allow-origin" in line for line in server.log)
        page = httpx.get(server.url, trust_env=False)
        assert page.status_code == 200


def test_the_page_is_opened_only_for_somebody_at_a_desktop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert cli._has_desktop()
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not cli._has_desktop()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cli._has_desktop()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert not cli._has_desktop()


def test_help_names_what_can_be_set() -> None:
    result = serve("--help")
    assert result.returncode == 0
    for flag in ("--host", "--port", "--data", "--offline", "--no-browser", "--allow-origin"):
        assert flag in result.stdout
