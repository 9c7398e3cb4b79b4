"""Clients at their worst, against a server that really runs: nobody else may notice."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psutil
import pytest

from scripts.live_server import LiveServer
from tests.server.rude import LAYERS, Faraway, connect_and_abort, never_reading, reading_slowly
from tests.server.serving import PATIENCE, Browser, Site, Stream

GONE_SECONDS = 15.0
STOP_SECONDS = 10.0
FLAT_BYTES = 16e6

Rude = Callable[[Browser, str], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer("--host", "0.0.0.0", "--running", "20") as server:
        yield server


@pytest.fixture
def browser(server: LiveServer) -> Iterator[Browser]:
    with Site(server.port).browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def faraway() -> Iterator[Faraway]:
    faraway = Faraway()
    try:
        faraway.open()
        yield faraway
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("network namespaces need root and `ip`")
    finally:
        faraway.close()


def await_(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until it is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def peers(server: LiveServer) -> set[Any]:
    """The other ends of the server's connections."""
    return {each.raddr for each in psutil.Process(server.pid).net_connections("tcp") if each.raddr}


@pytest.fixture(params=["never reads", "reads slowly", "vanishes"])
def rude(request: pytest.FixtureRequest) -> Rude:
    if request.param == "vanishes":
        faraway: Faraway = request.getfixturevalue("faraway")
        return faraway.vanished
    return {"never reads": never_reading, "reads slowly": reading_slowly}[request.param]


def test_a_viewer_at_its_worst_is_let_go_and_slows_nobody(
    server: LiveServer, browser: Browser, rude: Rude
) -> None:
    session = browser.open()["session"]
    with browser.watch(session) as stream, following(stream) as seen:
        await_(lambda: len(seen) > 10)
        memory, others = server.metrics()["resident_bytes:server"], peers(server)
        with rude(browser, session):
            await_(lambda: not peers(server) <= others)
            before = len(seen)
            await_(lambda: peers(server) <= others, GONE_SECONDS)
            # It was there for seconds, and there are ten messages a second.
            assert len(seen) - before > 10
        assert server.metrics()["resident_bytes:server"] - memory < FLAT_BYTES


@contextmanager
def following(stream: Stream) -> Iterator[list[int]]:
    """Read a stream of everything all the while; gives the steps of its running numbers."""
    stream.do("watch", layers=LAYERS)
    seen: list[int] = []
    over = threading.Event()

    def follow() -> None:
        while not over.is_set():
            seen.append(stream.until("stats")["step"])

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        yield seen
    finally:
        over.set()
        reader.join()


def test_a_signal_ends_the_server_though_a_viewer_is_at_its_worst(rude: Rude) -> None:
    with LiveServer("--host", "0.0.0.0") as server, Site(server.port).browser() as browser:
        session = browser.open()["session"]
        with browser.watch(session) as stream:
            stream.until("stats")
            others = peers(server)
            with rude(browser, session):
                await_(lambda: not peers(server) <= others)
                stream.until("stats")
                os.kill(server.pid, signal.SIGTERM)
                assert server.wait(STOP_SECONDS) == 0


def test_a_thousand_connections_that_are_broken_off_leave_nothing(
    server: LiveServer, browser: Browser
) -> None:
    session = browser.open()["session"]
    process = psutil.Process(server.pid)
    with browser.watch(session) as stream:
        stream.until("stats")
        before = server.metrics()["tasks"], process.num_fds()
        for number in range(1000):
            connect_and_abort(browser, session, part=(0, 0.3, 1)[number % 3])
            if number % 100 == 0:
                stream.until("stats")
        await_(lambda: (server.metrics()["tasks"], process.num_fds()) <= before)
        assert server.metrics()["viewers:owner"] == 1


def test_fifteen_reconnections_lose_no_point(browser: Browser) -> None:
    session = browser.open()["session"]
    examples: list[int] = []

    def follows(points: dict[str, Any]) -> bool:
        return bool(points["first"] == len(examples))

    seq = 0
    for _ in range(15):
        with browser.watch(session) as stream:
            state = stream.until("session")
            assert (state["session"], state["run_id"]) == (session, 1)
            assert state["seq"] > seq
            stream.do("points", run_id=1, after=len(examples) - 1)
            # Those that came before the answer are not from where it reads on.
            points = stream.until("points", follows)
            examples += points["examples"]
            points = stream.until("points")
            assert follows(points)
            examples += points["examples"]
            seq = points["seq"]
    with browser.watch(session) as stream:
        stream.do("points", run_id=1, after=-1)
        whole = stream.until("points", lambda each: each["first"] == 0)["examples"]
    assert examples[: len(whole)] == whole[: len(examples)]
    assert all(earlier < later for earlier, later in itertools.pairwise(examples))


def test_a_hundred_commands_a_second_are_each_applied_in_order_or_refused(
    browser: Browser,
) -> None:
    with browser.session() as stream:
        stream.until_status("running")
        # Every seventh rate is one that no trainer takes.
        rates = {number: number / 1000 if number % 7 else -1.0 for number in range(1000, 1300)}
        pacer = threading.Thread(target=send_rates, args=(stream, rates))
        pacer.start()
        applied: dict[int, float] = {}
        for number, rate in rates.items():
            answer = stream.until("answer")
            assert answer["id"] == number
            assert answer["ok"] is (rate > 0)
            if answer["ok"]:
                # The state that a command brings about comes before its answer.
                applied[number] = stream.state["trainer"]["learning_rate"]
            else:
                assert answer["error"]["field"] == "learning_rate"
        pacer.join()
        assert applied == {number: rate for number, rate in rates.items() if rate > 0}
        # And what comes after them is answered next: there is not one answer too many.
        stream.do("pause")
        last = stream.until("stats", lambda stats: stats["learning_rate"] == 1.299)
        assert last["step"] > 0


def send_rates(stream: Stream, rates: dict[int, float]) -> None:
    for number, rate in rates.items():
        command = {"type": "configure", "id": number, "settings": {"learning_rate": rate}}
        stream.socket.send(json.dumps(command))
        time.sleep(0.01)
