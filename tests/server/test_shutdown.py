"""A signal ends the server within ten seconds, whatever hangs, and nothing runs on behind it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack

from scripts.live_server import LiveServer
from tests.server.processes import descendants, runs, workers
from tests.server.rude import never_reading
from tests.server.serving import Site

MOST_SECONDS = 10.0


def test_stopped_workers_and_viewers_that_read_nothing_hold_nothing_up() -> None:
    with LiveServer("--running", "3") as server, ExitStack() as stack:
        site = Site(server.port)
        for _ in range(3):
            browser = stack.enter_context(site.browser())
            stream = stack.enter_context(browser.session())
            stream.until("stats", lambda stats: stats["examples"] > 100)
            stack.enter_context(never_reading(browser, stream.state["session"]))
        trainers = workers(server.pid)
        assert len(trainers) == 3
        os.kill(trainers[0], signal.SIGSTOP)
        below = list(descendants(server.pid))
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait(MOST_SECONDS) == 0
        # The last of them, Python's keeper of shared memory, sees the end of the server and ends.
        end = time.monotonic() + MOST_SECONDS
        while left := list(filter(runs, below)):
            assert time.monotonic() < end, left
            time.sleep(0.05)
