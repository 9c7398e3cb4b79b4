"""Many large files at once, up and down: the server's memory stays within its budget."""

from __future__ import annotations

import http.client
import json
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from engine.language import DEFAULT_TEXT
from scripts.live_server import LiveServer
from server.settings import Limits, Settings
from server.web.api.snapshots import BYTES_A_PARAMETER
from tests.server.faults import await_true
from tests.server.processes import peak_bytes
from tests.server.serving import ADDRESS, PATIENCE, Browser, Site, serving

MOST_BYTES = 500 << 20
NOT_RUNNING = 409
"""What a file is answered with that was read whole, where no trainer runs."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PART = bytes(1 << 20)
LARGE = DEFAULT_TEXT.replace(
    "layer_defs.push({type:'softmax'",
    "layer_defs.push({type:'fc', num_neurons:4000});\nlayer_defs.push({type:'softmax'",
)


class Upload:
    """A snapshot that is being sent, from a browser at some address."""

    def __init__(self, browser: Browser, path: str, address: str, declared: int | None) -> None:
        self._connection = http.client.HTTPConnection(ADDRESS, browser.site.port, timeout=PATIENCE)
        self._connection.putrequest("PUT", path)
        for name, value in (
            ("origin", browser.site.origin),
            ("cookie", browser.cookie),
            ("x-forwarded-for", address),
            *([("expect", "100-continue")] if declared else []),
            ("transfer-encoding", "chunked")
            if declared is None
            else ("content-length", str(declared)),
        ):
            self._connection.putheader(name, value)
        self._connection.endheaders()
        self._chunked = declared is None

    def await_room(self) -> None:
        """Wait until the server says that it reads on."""
        with self.socket.makefile("rb") as file:
            assert file.read(len(CONTINUE)) == CONTINUE

    def send(self, parts: int) -> None:
        """Send so many MiB, unless the server has answered and closed the connection."""
        head, tail = (b"%x\r\n" % len(PART), b"\r\n") if self._chunked else (b"", b"")
        for _ in range(parts):
            self._connection.send(head + PART + tail)

    @property
    def socket(self) -> socket.socket:
        found = self._connection.sock
        assert isinstance(found, socket.socket)
        return found

    def is_answered(self) -> bool:
        """Whether there is an answer already, though the file is not whole."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def answer(self) -> tuple[int, str, str]:
        """Status, `Retry-After`, and the sentence."""
        response = self._connection.getresponse()
        message: str = json.loads(response.read())["error"]["message"]
        return response.status, response.getheader("retry-after", ""), message

    def break_off(self) -> None:
        self._connection.close()


@contextmanager
def uploading(
    browser: Browser, path: str, address: str = "192.0.2.1", declared: int | None = None
) -> Iterator[Upload]:
    upload = Upload(browser, path, address, declared)
    try:
        yield upload
    finally:
        upload.break_off()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    limits = Limits(snapshot_bytes=3 << 20, file_bytes_each=4 << 20, file_bytes_in_all=6 << 20)
    with serving(Settings(offline=True, limits=limits)) as site:
        yield site


def test_a_browser_and_an_address_have_a_share_and_all_have_a_budget(site: Site) -> None:
    with ExitStack() as stack:
        one, two = (stack.enter_context(site.browser()) for _ in range(2))
        mine, theirs = one.open()["snapshot"], two.open()["snapshot"]
        first = stack.enter_context(uploading(one, mine, "192.0.2.1", 3 << 20))
        first.await_room()
        for browser, path, address, status, words in (
            (one, mine, "192.0.2.2", 429, "from this browser"),
            (two, theirs, "192.0.2.1", 429, "from your network's address"),
        ):
            with uploading(browser, path, address, 3 << 20) as another:
                code, wait, message = another.answer()
                assert (code, wait) == (status, "5")
                assert words in message
        second = stack.enter_context(uploading(two, theirs, "192.0.2.2", 3 << 20))
        second.await_room()
        third = stack.enter_context(site.browser())
        with uploading(third, third.open()["snapshot"], "192.0.2.3", 1 << 20) as another:
            code, wait, message = another.answer()
            assert (code, wait) == (503, "5")
            assert "busy" in message
        # What was broken off, or has been answered, takes nothing any more.
        second.send(3)
        assert second.answer()[0] == NOT_RUNNING
        assert sent_whole(third, "192.0.2.3") == NOT_RUNNING
        first.break_off()
        await_true(lambda: sent_whole(one, "192.0.2.1") == NOT_RUNNING, "no room again")


def sent_whole(browser: Browser, address: str) -> int:
    """The status with which a whole file is answered."""
    with uploading(browser, browser.open()["snapshot"], address, 3 << 20) as upload:
        upload.send(3)
        return upload.answer()[0]


def test_what_does_not_say_its_length_is_counted_as_it_comes(site: Site) -> None:
    with site.browser() as browser, ExitStack() as stack:
        path = browser.open()["snapshot"]
        uploads = [stack.enter_context(uploading(browser, path)) for _ in range(2)]
        for upload in uploads:
            upload.send(2)
        # Either may be the one for which there is no room.
        uploads[0].send(1)
        select.select([upload.socket for upload in uploads], [], [], PATIENCE)
        answered = [upload for upload in uploads if upload.is_answered()]
        assert [upload.answer()[0] for upload in answered] == [429]


def test_forty_uploads_and_downloads_leave_the_server_small() -> None:
    with LiveServer() as server, Site(server.port).browser() as browser, ExitStack() as stack:
        stream = stack.enter_context(browser.session())
        stream.do("change_network", spec=LARGE)
        stream.until_status("running")
        path = f"/api/sessions/{stream.state['session']}/snapshot"
        assert stream.state["parameters"] * BYTES_A_PARAMETER * 2 > Limits().file_bytes_each
        uploads = [stack.enter_context(uploading(browser, path)) for _ in range(40)]
        waiting = set(uploads)
        for _ in range(60):
            for upload in waiting:
                upload.send(1)
            waiting -= {upload for upload in waiting if upload.is_answered()}
        assert {upload.answer()[0] for upload in set(uploads) - waiting} == {429}
        assert len(waiting) <= 1
        assert browser.http.get(path).status_code == 429
        assert peak_bytes(server.pid) < MOST_BYTES
