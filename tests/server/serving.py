"""A real server on a port of its own within the test's process, and clients that speak to it."""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from engine.data import download_mnist
from server.app import create_app
from server.audience.viewer import Viewer
from server.dataset_in_use import Download
from server.protocol.encode_events import decode_event
from server.sessions.names import NEW
from server.sessions.registry import Registry
from server.settings import Settings
from server.web.listen import make_server, open_socket

PATIENCE = 60.0
ADDRESS = "127.0.0.1"


@contextmanager
def serving(settings: Settings, download: Download = download_mnist) -> Iterator[Site]:
    """Serve until the block ends, then shut down as a signal would."""
    listening = open_socket(ADDRESS, 0, settings.limits.take_seconds)
    port = listening.getsockname()[1]
    started = threading.Event()
    app = create_app(replace(settings, host=ADDRESS, port=port), download=download)
    server = make_server(app, ADDRESS, started.set, app.state.site.pictures.stop)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        assert started.wait(PATIENCE)
        yield Site(port, app.state.site.registry)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


class Site:
    """Where a server is, and ways to it."""

    def __init__(self, port: int, registry: Registry | None = None) -> None:
        self.port = port
        self.origin = f"http://{ADDRESS}:{port}"
        self._registry = registry

    def viewers(self, session: str) -> list[Viewer]:
        """Whom the server within this process counts as watching."""
        assert self._registry is not None
        return next(list(each.audience) for each in self._registry if each.id == session)

    @contextmanager
    def browser(self) -> Iterator[Browser]:
        """Somebody with a cookie jar of their own."""
        headers = {"origin": self.origin}
        with httpx.Client(
            base_url=self.origin, headers=headers, trust_env=False, timeout=PATIENCE
        ) as client:
            yield Browser(self, client)


class Browser:
    """A client that keeps cookies and sends the right Origin."""

    def __init__(self, site: Site, client: httpx.Client) -> None:
        self.site = site
        self.http = client

    def open(self, path: str = "/") -> dict[str, Any]:
        """Open the page; returns its bootstrap data, with a session that has begun."""
        page = self.http.get(path).raise_for_status().text
        block = re.search(r'<script type="application/json" id="bootstrap">(.*?)</script>', page)
        assert block is not None
        text = block.group(1)
        if json.loads(text)["session"] == NEW:
            begun = self.http.post("/api/sessions").raise_for_status().json()["session"]
            text = text.replace(f"/{NEW}/", f"/{begun}/").replace(f'"{NEW}"', f'"{begun}"')
        bootstrap: dict[str, Any] = json.loads(text)
        return bootstrap

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    def watch(self, session: str, **options: Any) -> AbstractContextManager[Stream]:
        """Connect to a session's stream."""
        return self.connect(f"/api/sessions/{session}/stream", **options)

    @contextmanager
    def connect(self, path: str, **options: Any) -> Iterator[Stream]:
        """Connect to the stream at this path."""
        url = f"ws://{ADDRESS}:{self.site.port}{path}"
        headers = {"cookie": self.cookie} if self.cookie else {}
        # Whoever has stopped reading does not see the answer to a goodbye either.
        defaults: dict[str, Any] = {
            "origin": self.site.origin,
            "additional_headers": headers,
            "close_timeout": 1,
        }
        options = defaults | options
        with connect(url, proxy=None, open_timeout=PATIENCE, max_size=None, **options) as socket:
            yield Stream(socket)

    @contextmanager
    def session(self) -> Iterator[Stream]:
        """Open the page and its stream."""
        with self.watch(self.open()["session"]) as stream:
            yield stream


class Stream:
    """One viewer's side of the websocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ids = itertools.count(1)
        self.state: dict[str, Any] = {}

    def next(self) -> dict[str, Any]:
        """The next message; a binary one's payload is under "payload"."""
        header, payload = decode_event(self.socket.recv(timeout=PATIENCE))
        if header["type"] == "session":
            self.state = header
        return header | ({"payload": payload} if payload else {})

    def until(
        self, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda message: True
    ) -> dict[str, Any]:
        """The next message of this kind that fits; others are passed over."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.next()
            if message["type"] == kind and fits(message):
                return message
        raise TimeoutError(f"no such {kind} message came")

    def until_status(self, status: str) -> dict[str, Any]:
        """The session message that says this status, which may have come before."""
        while self.state.get("status") != status:
            self.until("session")
            assert self.state["status"] in (status, "starting", "running", "paused"), self.state
        return self.state

    def closing_code(self) -> int:
        """Read on to the end of the connection; returns the code that the server gave."""
        with suppress(ConnectionClosed):
            while True:
                self.next()
        code = self.socket.close_code
        assert code is not None
        return code

    def command(self, kind: str, **keys: Any) -> dict[str, Any]:
        """Send a command; returns its answer."""
        number = next(self._ids)
        self.socket.send(json.dumps({"type": kind, "id": number, **keys}))
        return self.until("answer", lambda answer: answer["id"] == number)

    def do(self, kind: str, **keys: Any) -> dict[str, Any]:
        """Send a command that must succeed; returns its result."""
        answer = self.command(kind, **keys)
        assert answer["ok"], answer
        result: dict[str, Any] = answer.get("result", {})
        return result
