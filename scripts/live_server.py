"""Runs the server as a user would, in a process of its own, and stops it again.

For the browser tests, the screenshot and the benchmarks.
"""

from __future__ import annotations

import fcntl
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import httpx
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "engine/sample"
URL = re.compile(r"http://[\d.]+:(\d+)\S*")
START_SECONDS = 60


class ServerError(Exception):
    """The server did not start; the message holds its output."""


class LiveServer:
    """`convnet-live serve` on a port of its own, offline, by default on the built-in digits.

    Args:
        arguments: more flags of `serve`.
        data: a folder with the images, or None to let the server find them.
        state: a folder to keep sessions in, or None to forget them at the end.
        read_log: read what it says once it has started; else it stays in the pipe.
    """

    def __init__(
        self,
        *arguments: str,
        data: Path | None = SAMPLE,
        state: Path | None = None,
        read_log: bool = True,
    ) -> None:
        self._read_log = read_log
        kept = ["--state", str(state)] if state else ["--ephemeral"]
        self._arguments = (*arguments, *kept, *(["--data", str(data)] if data else []))
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.log: list[str] = []
        self.port = 0

    def __enter__(self) -> LiveServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, on the same port as before if there was one; returns once it listens."""
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "server.cli", "serve", "--port", str(self.port),
                "--offline", "--no-browser", *self._arguments,
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        if not self._read_log:
            # It holds a page, so that it is full soon.
            assert self._process.stdout is not None
            fcntl.fcntl(self._process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = self._await_port()

    def kill(self) -> None:
        """End it as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does, and kill it if it does not; idempotent."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._end()

    def wait(self, seconds: float) -> int:
        """Wait until it ends by itself; returns the exit code."""
        assert self._process is not None
        code = self._process.wait(seconds)
        self._end()
        return code

    def metrics(self) -> dict[str, float]:
        """Its current metrics; see `read_metrics`."""
        return read_metrics(httpx.get(f"{self.url}metrics", trust_env=False, timeout=60).text)

    def children(self) -> list[int]:
        """The ids of the processes that it started."""
        return list(_children(self.pid))

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait()
        self._reader.join(timeout=15)
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.log.append(line)
            self._lines.put(line)
            if not self._read_log and URL.search(line):
                return
        self._lines.put(None)

    def _await_port(self) -> int:
        while True:
            try:
                line = self._lines.get(timeout=START_SECONDS)
            except queue.Empty:
                self.kill()
                line = None
            if line is None:
                raise ServerError("the server did not start:\n" + "".join(self.log))
            found = URL.search(line)
            if found:
                return int(found.group(1))


def read_metrics(text: str) -> dict[str, float]:
    """The program's metrics by name and labels, such as `sessions:running`."""
    return {
        ":".join((sample.name.removeprefix("convnet_live_"), *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _children(pid: int) -> Iterable[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, children.read_text().split())
