"""The log as it is written by a server that really runs, and as people read it."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
from typing import Any

import pytest

from engine.language import DEFAULT_TEXT
from scripts.live_server import LiveServer
from server.logs import (
    ALIKE_SECONDS,
    MOST_ALIKE,
    JsonFormatter,
    LineHandler,
    TextFormatter,
    Throttle,
)
from server.sessions.names import short
from tests.server.processes import runs, workers
from tests.server.serving import PATIENCE, Site

DIVERGES = DEFAULT_TEXT.replace("'adadelta'", "'sgd', learning_rate:1000")


def record(**about: Any) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "server.x", "levelname": "INFO", "msg": "run %s", "args": ("failed",), **about}
    )
    made.created = 0.0
    return made


def events(server: LiveServer) -> dict[str, dict[str, Any]]:
    """The newest line of each event; every line must be JSON but that which gives the address."""
    assert "ConvNet Live is at" in server.log[0]
    lines = [json.loads(line) for line in server.log[1:]]
    for line in lines:
        assert {"time", "level", "logger", "event"} <= set(line)
    return {line["event"]: line for line in lines}


def test_what_happens_is_told_in_lines_of_json() -> None:
    with LiveServer() as server, Site(server.port).browser() as browser:
        with browser.session() as stream:
            stream.until_status("running")
            session = stream.state["session"]
            stream.do("change_network", spec=DIVERGES)
            stream.until("session", lambda state: state["status"] == "failed")
            (worker,) = workers(server.pid)
            os.kill(worker, signal.SIGKILL)
            # A failed run needs no other process.
            stream.until("session")
        with browser.watch("absent") as stream:
            assert stream.closing_code() == 4404
        server.stop()
    seen = events(server)
    assert seen["server started"]["address"] == server.url
    assert seen["session created"]["session"] == seen["run started"]["session"] == session[:6]
    assert seen["worker started"]["pid"] == seen["worker ended"]["pid"] == worker
    assert "killed" in seen["worker ended"]["reason"]
    assert seen["worker ended"]["level"] == "error"
    assert "learning rate" in seen["run diverged"]["reason"]
    assert seen["viewer refused"]["code"] == 4404
    assert seen["server stopped"]["level"] == "info"
    said = "".join(server.log)
    assert session not in said
    assert browser.cookie.partition("=")[2] not in said
    assert "layer_defs" not in said
    assert not runs(worker)


def test_only_what_is_as_grave_as_asked_for_is_told() -> None:
    with LiveServer("--log-level", "error") as server, Site(server.port).browser() as browser:
        browser.open()
        server.stop()
    assert list(events(server)) == []


def test_an_error_is_one_line_with_its_traceback() -> None:
    try:
        raise ValueError("bad\nluck")
    except ValueError:
        line = JsonFormatter().format(record(exc_info=sys.exc_info(), pid=7))
    told = json.loads(line)
    assert "\n" not in line
    assert (told["event"], told["pid"], told["level"]) == ("run failed", 7, "info")
    assert told["time"] == "1970-01-01T00:00:00.000+00:00"
    assert told["traceback"].startswith("Traceback")
    assert "ValueError: bad\nluck" in told["traceback"]


def test_people_read_text_and_no_value_breaks_its_line() -> None:
    line = TextFormatter().format(record(reason="a\nb", pid=7))
    assert line.endswith('INFO    run failed  reason="a\\nb"  pid=7')


@pytest.mark.parametrize("name", ["abcdefghijklmnop", "a", ""])
def test_a_session_is_named_by_its_beginning(name: str) -> None:
    assert name.startswith(short(name))
    assert len(short(name)) <= 6


def test_a_log_that_nobody_reads_holds_nothing_up_and_the_server_ends() -> None:
    with LiveServer(read_log=False) as server:
        for _ in range(600):
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
                client.sendall(b"GET\r\n\r\n")
                assert client.recv(12) == b"HTTP/1.1 400"
        with Site(server.port).browser() as browser, browser.session() as stream:
            stream.until_status("running")
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait(PATIENCE) == 0


def test_what_is_repeated_without_end_is_left_out_and_counted() -> None:
    times = [*[1000.0] * 2 * MOST_ALIKE, 1000.0 + ALIKE_SECONDS, 1000.0 + ALIKE_SECONDS]
    throttle = Throttle(iter(times).__next__)
    events = [record() for _ in range(2 * MOST_ALIKE + 1)]
    kept = [event for event in events if throttle.filter(event)]
    assert len(kept) == MOST_ALIKE + 1
    assert vars(kept[-1])["left_out"] == MOST_ALIKE
    assert throttle.filter(record(args=("begun",)))


def test_what_finds_no_room_is_dropped_and_counted() -> None:
    receiving, sending = os.pipe()
    handler = LineHandler(sending, most_waiting=3)
    handler.setFormatter(JsonFormatter())
    long = "x" * (1 << 20)
    for _ in range(10):
        # The first is being written all the while, for the pipe does not hold it.
        handler.emit(record(args=(long,)))
    with open(receiving) as log:
        lines: list[dict[str, Any]] = []
        while not lines or lines[-1]["event"] != "log lines dropped":
            lines.append(json.loads(log.readline()))
        told = len(lines) - 1
        assert 3 <= told <= 4
        assert lines[-1]["count"] == 10 - told
        os.close(sending)


def test_a_full_device_ends_nothing_and_is_told_of_once_there_is_room() -> None:
    receiving, sending = os.pipe()
    with open("/dev/full", "wb") as full, open(receiving) as log:
        handler = LineHandler(full.fileno())
        handler.setFormatter(JsonFormatter())
        for _ in range(3):
            handler.emit(record())
            handler.flush()
        os.dup2(sending, full.fileno())
        os.close(sending)
        handler.emit(record())
        lines = [json.loads(log.readline()) for _ in range(2)]
    assert [line["event"] for line in lines] == ["run failed", "log lines dropped"]
    assert lines[1]["count"] >= 3
