"""Clients that do not behave: they read nothing, or little, or are gone without a word."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.server.raw import TEXT, frame
from tests.server.serving import ADDRESS, PATIENCE, Browser

LAYERS = list(range(9))
SMALL_BUFFER = 4096


def greeting(browser: Browser, session: str, host: str = ADDRESS) -> bytes:
    """What opens a session's stream, as it is sent."""
    own = f"{host}:{browser.site.port}"
    handshake = (
        f"GET /api/sessions/{session}/stream HTTP/1.1\r\nHost: {own}\r\n"
        f"Origin: http://{own}\r\nCookie: {browser.cookie}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    return handshake.encode()


# Asks for the pictures of all layers, once the stream is open.
WATCH = frame(TEXT, json.dumps({"type": "watch", "id": 1, "layers": LAYERS}).encode())


@contextmanager
def never_reading(browser: Browser, session: str) -> Iterator[None]:
    """A viewer that asks for everything, and then reads nothing."""
    with _connected(browser, session):
        yield


@contextmanager
def reading_slowly(browser: Browser, session: str, bytes_a_second: int = 10_000) -> Iterator[None]:
    """A viewer that asks for everything, and reads little at a time."""
    over = threading.Event()

    def read(client: socket.socket) -> None:
        # Let go, it may be so by a reset.
        with suppress(OSError):
            while not over.wait(0.1) and client.recv(bytes_a_second // 10):
                pass

    with _connected(browser, session) as client:
        reader = threading.Thread(target=read, args=(client,))
        reader.start()
        try:
            yield
        finally:
            over.set()
            reader.join()


@contextmanager
def _connected(browser: Browser, session: str) -> Iterator[socket.socket]:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        client.settimeout(PATIENCE)
        client.connect((ADDRESS, browser.site.port))
        client.sendall(greeting(browser, session))
        assert client.recv(12) == b"HTTP/1.1 101"
        client.sendall(WATCH)
        yield client


def connect_and_abort(browser: Browser, session: str, part: float) -> None:
    """Connect, send that part of what opens a stream, and reset the connection."""
    said = greeting(browser, session)
    with socket.create_connection((ADDRESS, browser.site.port), timeout=PATIENCE) as client:
        client.sendall(said[: round(part * len(said))])
        if part == 1:
            assert client.recv(12) == b"HTTP/1.1 101"
        # Closed without lingering, a connection is reset.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


_FARAWAY_CLIENT = """
import socket, sys
host, port, said, watch = sys.argv[1:]
client = socket.create_connection((host, int(port)))
client.sendall(bytes.fromhex(said))
assert client.recv(12) == b"HTTP/1.1 101"
client.sendall(bytes.fromhex(watch))
print("connected", flush=True)
while client.recv(65536):
    pass
"""


class Faraway:
    """Another machine, as far as the network is concerned: a namespace at the end of a cable."""

    def __init__(self) -> None:
        number = os.getpid() % 16384
        self._name = f"convnet{number}"
        self._cable = (f"cnl{number}a", f"cnl{number}b")
        # Networks of four addresses in the range that is reserved for such trials.
        base = (198 << 24) + (18 << 16) + 4 * number
        self.host, self._client = (socket.inet_ntoa(struct.pack("!I", base + n)) for n in (1, 2))

    def open(self) -> None:
        """Lay the cable.

        Raises:
            OSError, CalledProcessError: this user may not, or the system cannot.
        """
        near, far = self._cable
        _ip("netns", "add", self._name)
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", self._name)
        _ip("addr", "add", f"{self.host}/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", self._name, "addr", "add", f"{self._client}/30", "dev", far)

    def close(self) -> None:
        """Take everything away; may be called twice."""
        # The namespace's end of the cable would go with it too, but only some time later.
        for thing in (("link", "del", self._cable[0]), ("netns", "del", self._name)):
            with suppress(OSError, subprocess.CalledProcessError):
                _ip(*thing)

    @contextmanager
    def vanished(self, browser: Browser, session: str) -> Iterator[None]:
        """A viewer that reads well until its cable is cut: neither side says goodbye."""
        said = greeting(browser, session, self.host).hex()
        _ip("-n", self._name, "link", "set", self._cable[1], "up")
        command = [
            "ip", "netns", "exec", self._name, sys.executable, "-c", _FARAWAY_CLIENT,
            self.host, str(browser.site.port), said, WATCH.hex(),
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            try:
                assert client.stdout is not None
                assert client.stdout.readline() == "connected\n"
                _ip("-n", self._name, "link", "set", self._cable[1], "down")
                yield
            finally:
                client.kill()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
