"""What watching costs: speed with one viewer that shows every layer, beside headless training.

The two take turns: the server's session is paused while the headless process trains, and the other
way around.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from benchmarks import report
from benchmarks.contenders import Contender, python_runner
from engine.data import find_full_mnist
from engine.language import DEFAULT_TEXT
from scripts.live_server import SAMPLE, LiveServer

PATIENCE = 60.0


class Viewer:
    """The page's side of the stream without a page: receives every message, draws nothing."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self.bytes = 0
        self.frames = 0
        self.session: dict[str, Any] = {}

    def next(self) -> dict[str, Any]:
        """The next message's JSON: the whole of a text, the header of a binary message."""
        said = self._socket.recv(timeout=PATIENCE)
        self.bytes += len(said)
        if isinstance(said, bytes):
            self.frames += 1
            (size,) = struct.unpack_from("<I", said)
            said = said[4 : 4 + size].decode()
        message: dict[str, Any] = json.loads(said)
        if message["type"] == "session":
            self.session = message
        return message

    def command(self, name: str, **keys: Any) -> None:
        """Send a command and read on until it is answered; RuntimeError if it is refused."""
        number = next(self._ids)
        self._socket.send(json.dumps({"type": name, "id": number, **keys}))
        while True:
            message = self.next()
            if message["type"] == "answer" and message["id"] == number:
                if not message["ok"]:
                    raise RuntimeError(f"{name}: {message['error']['message']}")
                return

    def await_status(self, status: str) -> None:
        """Read on until the session is in that state."""
        while self.session.get("status") != status:
            self.next()

    def rate(self, seconds: float) -> float:
        """Examples per second over at least this time, between two figures that the server sent."""
        start = self._examples()
        while True:
            now = self._examples()
            if now[0] - start[0] >= seconds:
                return (now[1] - start[1]) / (now[0] - start[0])

    def _examples(self) -> tuple[float, int]:
        while True:
            message = self.next()
            if message["type"] == "stats":
                return time.perf_counter(), message["examples"]


@contextmanager
def viewing(server: LiveServer) -> Iterator[Viewer]:
    """Open the page and its stream as a browser does."""
    with httpx.Client(base_url=server.url) as client:
        page = client.get("/").raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        session = find_session(page.text, client)
    address = f"ws://127.0.0.1:{server.port}/api/sessions/{session}/stream"
    origin = Origin(server.url.rstrip("/"))
    with connect(
        address, additional_headers={"Cookie": cookie}, origin=origin, max_size=None
    ) as socket:
        yield Viewer(socket)


def find_session(page: str, client: httpx.Client) -> str:
    """The session in the page's bootstrap data, or a new one."""
    found = re.search(r'"session"\s*:\s*"([^"]+)"', page)
    if found:
        return found.group(1)
    origin = str(client.base_url).rstrip("/")
    made = client.post("/api/sessions", headers={"Origin": origin}).raise_for_status()
    return str(made.json()["session"])


def measure(data: Path, seconds: float, repetitions: int) -> dict[str, Any]:
    """The rates of both, measured in turns."""
    config = {"data": str(data), "spec": DEFAULT_TEXT}
    watched: list[float] = []
    with ExitStack() as stack:
        headless = stack.enter_context(Contender("headless", python_runner("run_headless"), config))
        server = stack.enter_context(LiveServer(data=data))
        viewer = stack.enter_context(viewing(server))
        viewer.await_status("running")
        viewer.command("watch", layers=[layer["index"] for layer in viewer.session["layers"]])
        viewer.rate(seconds)
        bytes_before, frames_before, time_watched = viewer.bytes, viewer.frames, 0.0
        for repetition in range(-1, repetitions):
            viewer.command("pause")
            viewer.await_status("paused")
            headless.go(seconds, record=repetition >= 0)
            viewer.command("resume")
            viewer.await_status("running")
            start = time.perf_counter()
            rate = viewer.rate(seconds)
            time_watched += time.perf_counter() - start
            if repetition >= 0:
                watched.append(rate)
    return {
        "machine": report.machine(),
        "headless": report.summary(headless.rates),
        "watched": report.summary(watched),
        "ratio": report.ratio(report.summary(watched), report.summary(headless.rates)),
        "bytes_a_second": (viewer.bytes - bytes_before) / time_watched,
        "pictures_a_second": (viewer.frames - frames_before) / time_watched,
    }


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.viewer", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder in MNIST's format (default: what is found)"
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="for each turn (%(default)s)")
    parser.add_argument("--repetitions", type=int, default=7, help="turns each (%(default)s)")
    parser.add_argument("--results", type=Path, default=report.RESULTS, metavar="FOLDER")
    options = parser.parse_args(given)
    data = find_full_mnist(options.data) or SAMPLE
    result = measure(data, options.seconds, options.repetitions)
    rows = [[name, report.with_spread(result[name])] for name in ("headless", "watched")]
    print(report.table(("training", "examples per second"), rows))
    print(
        f"\nwatched / headless: {report.times(result['ratio'])}; the viewer was sent "
        f"{result['bytes_a_second'] / 1000:,.0f} kB/s, {result['pictures_a_second']:.1f} pictures/s"
    )
    print(os.path.relpath(report.save(result, "viewer", options.results)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
