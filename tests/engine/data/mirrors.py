"""Mirrors to download from: sound ones, and ones that are slow, broken, lying or deaf."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from engine.data import RemoteFile
from tests.engine.idx_files import TRAIN_IMAGES, idx_bytes, small_set

ARRAYS = small_set(train=60, test=20)
CONTENT = {stem: idx_bytes(array) for stem, array in ARRAYS.items()}
PACKED = {f"/{stem}.gz": gzip.compress(content) for stem, content in CONTENT.items()}
FILES = [
    RemoteFile(
        stem, len(content), hashlib.sha256(content).hexdigest(), len(PACKED[f"/{stem}.gz"]) + 7
    )
    for stem, content in CONTENT.items()
]
IMAGES_PATH = f"/{TRAIN_IMAGES}.gz"
Respond = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with the packed files, but for one path as the test wants."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.paths.append(self.path)
        content = PACKED.get(self.path)
        if content is None:
            self.send_error(404)
        elif self.path in server.responses:
            server.responses[self.path](self, content)
        else:
            send(self, content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """The test's output stays its own."""


def send(handler: Handler, content: bytes, length: int | None = None, encoding: str = "") -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content) if length is None else length))
    if encoding:
        handler.send_header("Content-Encoding", encoding)
    handler.end_headers()
    handler.wfile.write(content)
    handler.wfile.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, responses: dict[str, Respond]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.responses = responses
        self.paths: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what these tests are about."""


@contextmanager
def mirror(responses: dict[str, Respond] | None = None) -> Iterator[tuple[str, list[str]]]:
    """A mirror's address, and the paths asked of it."""
    server = Server(responses or {})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", server.paths
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def deaf_port() -> Iterator[str]:
    """An address that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def faults(release: threading.Event) -> dict[str, tuple[Respond, str]]:
    """By name: what a mirror does with the training images, and what is to be said of it."""
    other = bytearray(CONTENT[TRAIN_IMAGES])
    other[1000] ^= 1

    def stall(handler: Handler, content: bytes) -> None:
        send(handler, content[:2000], length=len(content))
        release.wait()

    def drip(handler: Handler, content: bytes) -> None:
        send(handler, b"", length=len(content))
        for number in content:
            handler.wfile.write(bytes([number]))
            if release.wait(0.02):
                return

    def no_http(handler: Handler, content: bytes) -> None:
        handler.wfile.write(b"hello\r\n\r\n")

    def flip(handler: Handler, content: bytes) -> None:
        send(handler, content[:3000] + bytes([content[3000] ^ 0xFF]) + content[3001:])

    return {
        "404": (lambda handler, content: handler.send_error(404), "answered 404"),
        "503": (lambda handler, content: handler.send_error(503), "answered 503"),
        "cut off": (
            lambda h, content: send(h, content[: len(content) // 2], len(content)),
            "broke off",
        ),
        "cut off, said to be whole": (
            lambda h, content: send(h, content[: len(content) // 2]),
            "broke off in the middle",
        ),
        "stalls": (stall, "stood still for 0.3 seconds"),
        "drips": (drip, "stood still for 0.3 seconds"),
        "flipped byte": (flip, TRAIN_IMAGES),
        "another content": (
            lambda handler, content: send(handler, gzip.compress(bytes(other))),
            "wrong checksum",
        ),
        "not gzip": (
            lambda h, content: send(h, b"<html>Log in first</html>"),
            "cannot be unpacked",
        ),
        "nothing": (lambda handler, content: send(handler, b""), "broke off in the middle"),
        "a bomb": (
            lambda handler, content: send(handler, gzip.compress(bytes(50_000_000))),
            "wrong checksum",
        ),
        "no HTTP": (
            no_http,
            "broke off",
        ),
    }
