"""What watching costs: speed with one viewer, beside headless training.

The viewer has nothing on screen, every layer's card, or all that can be opened. Each takes turns
with headless training: the session is paused while that trains, and the other way around.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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


@dataclass
class Opened:
    """A part of the page that is open, and asks again and again.

    Attributes:
        inquiry: what it asks next.
        every: seconds between two questions.
        learn: takes from an answer what the next question says of it, and when to ask it.
    """

    inquiry: dict[str, Any]
    every: float
    learn: Callable[[Opened, dict[str, Any]], None] = lambda part, result: None
    due: float = 0.0
    asked: int | None = None


def open_example(session: dict[str, Any]) -> list[Opened]:
    """How the network does on the example that the cards show."""
    return [Opened({"about": "example"}, 0.1)]


def open_layer_numbers(session: dict[str, Any]) -> list[Opened]:
    """Every card in numbers."""

    def learn(part: Opened, result: dict[str, Any]) -> None:
        known = part.inquiry.get("after", -1)
        part.inquiry["history"] = result["history"]
        part.inquiry["after"] = max([known, *(each["number"] for each in result["samples"])])

    return [
        Opened({"about": "layer_numbers", "layer": layer["index"]}, 0.7, learn)
        for layer in session["layers"]
    ]


def open_unit(session: dict[str, Any]) -> list[Opened]:
    """How a unit of the last convolution, or else of the first layer, came about."""
    layers = session["layers"]
    at = max(each["index"] for each in layers if each["type"] == "conv" or each["index"] == 1)
    return [Opened({"about": "unit", "layer": at, "channel": 0, "y": 0, "x": 0}, 0.1)]


def open_looks_for(session: dict[str, Any]) -> list[Opened]:
    """What a filter looks for: searched without rest, and then again after a while."""

    def learn(part: Opened, result: dict[str, Any]) -> None:
        part.every = 2.5 if result["done"] else 0.12

    return [Opened({"about": "looks_for", "layer": 1, "channel": 0}, 0.12, learn)]


def open_why(session: dict[str, Any]) -> list[Opened]:
    """Why this answer."""
    return [Opened({"about": "why"}, 0.7)]


def open_feature_map(session: dict[str, Any]) -> list[Opened]:
    """The map of the test set."""

    def learn(part: Opened, result: dict[str, Any]) -> None:
        part.inquiry["known"] = result["data"]

    return [Opened({"about": "feature_map"}, 0.2, learn)]


OPENERS: list[Callable[[dict[str, Any]], list[Opened]]] = [
    open_example,
    open_layer_numbers,
    open_unit,
    open_looks_for,
    open_why,
    open_feature_map,
]
"""Everything that can be opened: what each part of the page asks, given the session's message."""
SITUATIONS = ("nothing", "cards", "everything")


class Viewer:
    """The page's side of the stream without a page: receives every message, draws nothing."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self.bytes = 0
        self.frames = 0
        self.answers = 0
        self.opened: list[Opened] = []
        self.session: dict[str, Any] = {}

    def show(self, situation: str) -> None:
        """Have that on screen which the situation names."""
        layers = [layer["index"] for layer in self.session["layers"]]
        self.command("watch", layers=[] if situation == "nothing" else layers)
        openers = OPENERS if situation == "everything" else []
        self.opened = [each for opener in openers for each in opener(self.session)]

    def next(self) -> dict[str, Any]:
        """The next message's JSON: the whole of a text, the header of a binary message."""
        self._ask()
        said = self._socket.recv(timeout=PATIENCE)
        self.bytes += len(said)
        if isinstance(said, bytes):
            self.frames += 1
            (size,) = struct.unpack_from("<I", said)
            said = said[4 : 4 + size].decode()
        message: dict[str, Any] = json.loads(said)
        if message["type"] == "session":
            self.session = message
        if message["type"] == "answer":
            self._take(message)
        return message

    def _ask(self) -> None:
        now = time.perf_counter()
        for part in self.opened:
            if part.asked is None and now >= part.due:
                part.asked, part.due = next(self._ids), now + part.every
                question = {"type": "inspect", "id": part.asked, "inquiry": part.inquiry}
                self._socket.send(json.dumps(question))

    def _take(self, answer: dict[str, Any]) -> None:
        for part in self.opened:
            if part.asked == answer["id"]:
                part.asked = None
                if not answer["ok"]:
                    raise RuntimeError(f"{part.inquiry}: {answer['error']['message']}")
                self.answers += 1
                part.learn(part, answer["result"])

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
    rates: dict[str, list[float]] = {situation: [] for situation in SITUATIONS}
    streams: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        headless = stack.enter_context(Contender("headless", python_runner("run_headless"), config))
        server = stack.enter_context(LiveServer(data=data))
        viewer = stack.enter_context(viewing(server))
        viewer.await_status("running")
        viewer.rate(seconds)
        for repetition in range(-1, repetitions):
            for situation in SITUATIONS:
                viewer.command("pause")
                viewer.await_status("paused")
                headless.go(seconds, record=repetition >= 0)
                viewer.show(situation)
                viewer.command("resume")
                viewer.await_status("running")
                counts = (viewer.bytes, viewer.frames, viewer.answers)
                start = time.perf_counter()
                rate = viewer.rate(seconds)
                if repetition >= 0:
                    rates[situation].append(rate)
                    streams[situation] = _each_second(viewer, counts, time.perf_counter() - start)
    alone = report.summary(headless.rates)
    return {
        "machine": report.machine(),
        "headless": alone,
        "situations": {
            situation: {
                "rates": report.summary(found),
                "ratio": report.ratio(report.summary(found), alone),
                **streams[situation],
            }
            for situation, found in rates.items()
        },
    }


def _each_second(viewer: Viewer, before: tuple[int, int, int], seconds: float) -> dict[str, float]:
    names = ("bytes_a_second", "pictures_a_second", "answers_a_second")
    now = (viewer.bytes, viewer.frames, viewer.answers)
    return {name: (new - old) / seconds for name, new, old in zip(names, now, before, strict=True)}


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
    rows = [["headless", report.with_spread(result["headless"]), "1.00x", "", "", ""]]
    rows += [
        [
            f"viewer of {situation}",
            report.with_spread(found["rates"]),
            report.times(found["ratio"]),
            f"{found['bytes_a_second'] / 1000:,.0f}",
            f"{found['pictures_a_second']:.1f}",
            f"{found['answers_a_second']:.1f}",
        ]
        for situation, found in result["situations"].items()
    ]
    heads = ("training", "examples per second", "ratio", "kB/s", "pictures/s", "answers/s")
    print(report.table(heads, rows))
    print(os.path.relpath(report.save(result, "viewer", options.results)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
