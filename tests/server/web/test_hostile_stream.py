"""Whatever is sent on a websocket: an answer, a notice or a close code, and others keep theirs."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from engine.language import DEFAULT_TEXT
from server.protocol.decode_commands import MAX_COMMAND_BYTES
from server.settings import Limits, Settings
from server.web.guards.websocket_frames import MAX_CONTROLS, MAX_FRAGMENTS
from tests.server.raw import BINARY, CONTINUATION, PING, PONG, TEXT, RawStream, frame, raw_stream
from tests.server.serving import Browser, Site, Stream, serving

SETTINGS = Settings(offline=True, running=100, pause_seconds=0.2)
COMMANDS = 1000
COMMAND = b'{"type":"pause","id":1}'


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(SETTINGS) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    with site.browser() as browser:
        yield browser


def frames_of(message: bytes, size: int) -> bytes:
    """A text message cut into fragments."""
    parts = [message[start : start + size] for start in range(0, len(message), size)]
    return b"".join(
        frame(CONTINUATION if index else TEXT, part, final=index == len(parts) - 1)
        for index, part in enumerate(parts)
    )


KIB = frame(CONTINUATION, b" " * 1024, final=False)
HOSTILE: dict[str, tuple[bytes, int]] = {
    "too long by one byte": (frame(TEXT, b" " * MAX_COMMAND_BYTES + b" "), 1009),
    "a length of 2^63": (bytes([0x81, 0xFF]) + (1 << 62).to_bytes(8, "big") + bytes(4), 1009),
    "too long in fragments": (
        frame(TEXT, b"", final=False) + KIB * 64 + frame(CONTINUATION, b" ", final=False),
        1009,
    ),
    "too many fragments of one byte": (
        frame(TEXT, b" ", final=False)
        + frame(CONTINUATION, b" ", final=False) * (MAX_FRAGMENTS + 1),
        1009,
    ),
    "too many fragments of nothing": (
        frame(TEXT, b"", final=False) + frame(CONTINUATION, final=False) * (MAX_FRAGMENTS + 1),
        1009,
    ),
    "too many pings": (frame(PING, b"x" * 125) * (MAX_CONTROLS + 1), 1008),
    "too many pongs": (frame(PONG) * (MAX_CONTROLS + 1), 1008),
    "no UTF-8": (frame(TEXT, b'{"type":"\xff"}'), 1007),
    "half a surrogate pair": (frame(TEXT, b'"\xed\xa0\x80"'), 1007),
    "UTF-8 that ends too early": (frame(TEXT, b'"\xe2\x82'), 1007),
    "binary": (frame(BINARY, COMMAND), 1003),
    "binary of nothing": (frame(BINARY), 1003),
    "a fragment of no message": (frame(CONTINUATION, COMMAND), 1002),
    "a message within a message": (frame(TEXT, b"{", final=False) + frame(TEXT, COMMAND), 1002),
    "an unknown kind of frame": (frame(3, COMMAND), 1002),
    "a ping in fragments": (frame(PING, final=False), 1002),
    "a ping that is too long": (frame(PING, b"x" * 126), 1002),
    "frames without a mask": (bytes([0x81, len(COMMAND)]) + COMMAND, 1002),
    "a reserved bit, as of compression": (bytes([0xC1]) + frame(TEXT, COMMAND)[1:], 1002),
}


@pytest.mark.parametrize(("data", "code"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_command_ends_its_own_connection_alone(
    browser: Browser, data: bytes, code: int
) -> None:
    session = browser.open()["session"]
    with browser.watch(session) as other:
        with raw_stream(browser, session) as stream:
            stream.client.sendall(data)
            assert stream.closing_code() == code
        other.do("pause")


@pytest.mark.parametrize("size", [1, 7])
def test_a_command_may_come_in_pieces_with_pings_between_them(browser: Browser, size: int) -> None:
    with raw_stream(browser, browser.open()["session"]) as stream:
        pieces = frames_of(COMMAND, size)
        cut = len(frame(TEXT, COMMAND[:size], final=False))
        stream.client.sendall(pieces[:cut] + frame(PING, b"!") + pieces[cut:])
        assert b'"ok":true' in read_until(stream, b'"answer"')


def read_until(stream: RawStream, mark: bytes) -> bytes:
    """All that came up to the end of the first message with this mark in it."""
    data = b""
    while mark not in data or not data.endswith(b"}"):
        data += stream.client.recv(1 << 16)
    return data


def test_the_longest_message_is_still_a_command(browser: Browser) -> None:
    with browser.session() as stream:
        stream.socket.send(COMMAND.decode().ljust(MAX_COMMAND_BYTES))
        assert stream.until("answer")["ok"]


@pytest.mark.parametrize(
    "data",
    [
        frame(CONTINUATION, final=False),
        frame(CONTINUATION, b"x", final=False),
        frame(PING, b"x" * 125),
        frame(PONG),
        frame(TEXT, json.dumps({"type": "check_spec", "id": 1, "spec": DEFAULT_TEXT}).encode()),
    ],
    ids=["empty fragments", "fragments", "pings", "pongs", "commands"],
)
def test_who_sends_without_end_and_reads_nothing_is_cut_off(data: bytes) -> None:
    """The server's memory stays as it is, and another viewer's frames keep coming."""
    limits = Limits(take_seconds=0.5)
    with serving(Settings(offline=True, limits=limits)) as site, site.browser() as browser:
        session = browser.open()["session"]
        with (
            browser.watch(session, close_timeout=0.1) as other,
            raw_stream(browser, session, 4096) as stream,
        ):
            other.until("stats")
            stream.send(TEXT, b"", final=False)
            if data[0] & 0x0F == TEXT:
                stream.send(CONTINUATION)
            sender = threading.Thread(target=send_until_refused, args=(stream.client, data * 500))
            sender.start()
            while len(site.viewers(session)) == 2:
                other.until("stats")
            sender.join()
            assert other.until("stats")
            other.do("pause")


def send_until_refused(client: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        while True:
            client.sendall(data)


@pytest.mark.parametrize("together", [True, False], ids=["in one session", "in two sessions"])
def test_a_flood_of_commands_is_answered_and_others_see_frames(
    site: Site, browser: Browser, together: bool
) -> None:
    session = browser.open()["session"]
    # Who leaves with messages unread would wait this long for the server's farewell among them.
    hasty = {"close_timeout": 0.1}
    with site.browser() as neighbour, browser.watch(session, **hasty) as flooding:
        viewer = browser if together else neighbour
        with viewer.watch(viewer.open()["session"], **hasty) as other:
            other.until("stats")
            sender = threading.Thread(target=send_commands, args=(flooding, COMMANDS))
            sender.start()
            answers = [flooding.until("answer") for _ in range(COMMANDS)]
            sender.join()
            assert [answer["id"] for answer in answers] == list(range(COMMANDS))
            assert all(answer["ok"] or answer["error"]["message"] for answer in answers)
            flooding.do("resume")
            seen = other.until("stats")
            other.until("stats", lambda stats: stats["seq"] > seen["seq"])


def send_commands(stream: Stream, count: int) -> None:
    kinds: list[dict[str, object]] = [
        {"type": "pause"},
        {"type": "step"},
        {"type": "resume"},
        {"type": "watch", "layers": [0, 1, 2, 3]},
        {"type": "points", "run_id": 1, "after": -1},
        {"type": "configure", "settings": {"learning_rate": 0.1}},
        {"type": "configure", "settings": {"learning_rate": -1}},
        {"type": "nothing"},
    ]
    for number in range(count):
        stream.socket.send(json.dumps({**kinds[number % len(kinds)], "id": number}))
