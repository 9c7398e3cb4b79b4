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
WORKERS = 24
"""More than there are threads that could wait for them."""


def test_stopped_workers_and_viewers_that_read_nothing_hold_nothing_up() -> None:
    with LiveServer("--running", str(WORKERS)) as server, ExitStack() as stack:
        site = Site(server.port)
        for number in range(WORKERS):
            browser = stack.enter_context(site.browser())
            stream = stack.enter_context(browser.session())
            stream.until_status("running")
            if number < 3:
                stack.enter_context(never_reading(browser, stream.state["session"]))
            # It leaves the processor to those that start.
            stream.do("pause")
        assert len(workers(server.pid)) == WORKERS
        for worker in workers(server.pid):
            os.kill(worker, signal.SIGSTOP)
        below = list(descendants(server.pid))
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait(MOST_SECONDS) == 0
        # The last of them, Python's keeper of shared memory, sees the end of the server and ends.
        end = time.monotonic() + MOST_SECONDS
        while left := list(filter(runs, below)):
            assert time.monotonic() < end, left
            time.sleep(0.05)
