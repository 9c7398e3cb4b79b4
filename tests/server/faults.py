"""Faults that are really caused: a server killed again and again, and what must hold after it.

`python -m tests.server.faults --times 100` does so more often than the tests do.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed

from scripts.live_server import LiveServer
from server.storage.database import DATABASE
from tests.server.processes import descendants, runs, workers
from tests.server.serving import PATIENCE, Browser, Site, Stream

LONGEST_LIFE = 2.5


def await_true(happened: Callable[[], bool], what: str) -> None:
    """Ask again and again: of other processes nobody tells.

    Raises:
        TimeoutError: it did not happen.
    """
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def kill_workers(server: int, times: int) -> None:
    """Kill the one worker of a server, and each that follows it, so many in all."""
    dead: set[int] = set()
    for _ in range(times):
        await_true(lambda: bool(set(workers(server)) - dead), "no new worker")
        (worker,) = set(workers(server)) - dead
        dead.add(worker)
        os.kill(worker, signal.SIGKILL)


def saved_examples(stream: Stream, at_least: int = 0) -> int:
    """How many examples the next `saved` message of so many says are on disk."""
    message = stream.until("saved", lambda saved: (saved["examples"] or -1) >= at_least)
    examples: int = message["examples"]
    return examples


class Killing:
    """One session of one browser, on a server that is killed in the midst of it."""

    def __init__(self, state: Path, rng: random.Random) -> None:
        self._server = LiveServer("--checkpoint-every", "1", state=state)
        self._state = state
        self._rng = rng
        self._session: str | None = None
        self._acknowledged = -1

    def run(self, times: int, progress: Callable[[str], None]) -> None:
        """Kill the server so often, each time after it went on with what it had acknowledged.

        Raises:
            AssertionError: something was lost, or is left.
        """
        self._server.start()
        with Site(self._server.port).browser() as browser:
            for number in range(times):
                if number:
                    self._server.start()
                seen = self._live(browser)
                progress(f"{number + 1}: went on at {seen[0]:,}, acknowledged {seen[1]:,}")
        self._server.start()
        self._server.stop()

    def _live(self, browser: Browser) -> tuple[int, int]:
        with suppress(ConnectionClosed), browser.session() as stream:
            stream.until_status("running")
            assert self._session in (None, stream.state["session"]), "another session"
            self._session = stream.state["session"]
            began: int = stream.until("stats")["examples"]
            assert began >= self._acknowledged, f"{began} < {self._acknowledged}"
            end = time.monotonic() + self._rng.uniform(0, LONGEST_LIFE)
            while time.monotonic() < end:
                message = stream.next()
                if message["type"] == "saved" and message["examples"] is not None:
                    self._acknowledged = max(self._acknowledged, message["examples"])
            below = list(descendants(self._server.pid))
            self._server.kill()
        await_true(lambda: not any(map(runs, below)), "a process is left behind")
        assert integrity(self._state) == "ok"
        return began, self._acknowledged


def integrity(state: Path) -> str:
    """What SQLite says of the database."""
    with closing(sqlite3.connect(state / DATABASE)) as database:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
    return str(verdict)


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.server.faults", description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args(given)
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as state:
        Killing(Path(state), random.Random(options.seed)).run(options.times, print)
    print(f"killed {options.times} times: nothing acknowledged was lost, nothing is left behind")
    return 0


if __name__ == "__main__":
    sys.exit(main())
