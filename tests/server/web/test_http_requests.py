"""Requests at the edges of HTTP: HEAD, two lengths, long headers, more connections than files."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from scripts.live_server import LiveServer
from server.open_files import most_connections
from server.settings import Settings
from tests.server.faults import await_true
from tests.server.raw import UPGRADE, ask
from tests.server.serving import ADDRESS, PATIENCE, Site, serving

OTHERS = "; ".join(f"other{number}={'x' * 1000}" for number in range(40))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(Settings(offline=True)) as site:
        yield site


def test_head_is_answered_as_get_without_a_body(site: Site) -> None:
    with site.browser() as browser:
        own = {"Cookie": browser.cookie}
        session = browser.open()["session"]
        own = {"Cookie": browser.cookie}
        for path in ("/", f"/sessions/{session}", "/api/sessions", "/health", "/static/icon.svg"):
            got, head = (ask(site, method, path, own) for method in ("GET", "HEAD"))
            assert (head.status, head.body) == (got.status, b"") == (200, b"")
            assert head.headers["content-type"] == got.headers["content-type"]
            assert "content-length" in head.headers
        assert ask(site, "HEAD", "/nothing").status == 404
        assert len(browser.http.get("/api/sessions").json()["sessions"]) == 1


def test_two_lengths_are_refused_and_the_connection_ends(site: Site) -> None:
    smuggled = b"GET /health HTTP/1.1\r\nHost: %b\r\n\r\n" % site.origin.encode()
    with socket.create_connection((ADDRESS, site.port), timeout=PATIENCE) as client:
        client.sendall(
            f"POST /api/sessions HTTP/1.1\r\nHost: {ADDRESS}:{site.port}\r\n"
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
            + smuggled
        )
        with client.makefile("rb") as file:
            answer = file.read()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"not both" in answer
    assert answer.count(b"HTTP/1.1") == 1


def test_cookies_of_other_programs_keep_nobody_from_the_page_or_its_stream(site: Site) -> None:
    with site.browser() as browser:
        session = browser.open()["session"]
        cookie = f"{OTHERS}; {browser.cookie}; {OTHERS[:9000]}"
        assert ask(site, "GET", "/", {"Cookie": cookie}).status == 200
        headers = {"cookie": cookie}
        with browser.watch(session, additional_headers=headers) as stream:
            stream.until("session")


@pytest.mark.parametrize(
    "headers", [{"X-Long": "x" * 9_000}, {f"X-{number}": "" for number in range(200)}]
)
def test_headers_that_no_stream_may_have_are_refused_in_words(
    site: Site, headers: dict[str, str]
) -> None:
    answer = ask(site, "GET", "/api/sessions/new/stream", {**UPGRADE, **headers})
    assert answer.status == 431
    assert b"remove this address's cookies" in answer.body


def test_headers_without_end_are_refused_in_words(site: Site) -> None:
    with socket.create_connection((ADDRESS, site.port), timeout=PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.1\r\nCookie: " + b"x" * 100_000)
        with client.makefile("rb") as file:
            answer = file.read()
    assert answer.startswith(b"HTTP/1.1 431")
    assert b"remove this address's cookies" in answer


def test_connections_leave_room_for_the_servers_own_files() -> None:
    with LiveServer() as server, Site(server.port).browser() as browser, ExitStack() as stack:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (120, 120))
        crowd = [
            stack.enter_context(socket.create_connection((ADDRESS, server.port), timeout=PATIENCE))
            for _ in range(200)
        ]
        # Those that are too many are ended; the others wait to say something.
        await_true(lambda: is_ended(crowd[-1]), "none is refused")
        for client in crowd[:20]:
            client.close()
        await_true(lambda: can_be_reached(browser.site), "there is no room again")
        with browser.session() as stream:
            stream.until("stats", lambda stats: stats["examples"] > 0)
        said = "".join(server.log)
        assert "too many" in said
        assert "Traceback" not in said
        assert len(said) < 50_000


def is_ended(client: socket.socket) -> bool:
    client.settimeout(0.1)
    try:
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def can_be_reached(site: Site) -> bool:
    try:
        return ask(site, "GET", "/health").status == 200
    except ConnectionError:
        return False


def test_a_quarter_of_all_files_is_for_other_things() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert most_connections() == soft - max(64, soft // 4)


BROWSERS = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nothing", "/static/nothing.js", "/sessions/a/b", "/metrics/x"])
def test_people_get_a_page_where_there_is_nothing_and_programs_json(site: Site, path: str) -> None:
    page = ask(site, "GET", path, BROWSERS)
    assert page.status == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert b"There is nothing at this address." in page.body
    assert b'<a href="/">' in page.body
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = ask(site, "GET", path, headers)
        assert (answer.status, answer.message) == (404, "There is nothing at this address.")
        assert "accept" in answer.headers["vary"].lower()
    assert ask(site, "GET", "/api/nothing", BROWSERS).message
    stranger = ask(site, "GET", "/", {**BROWSERS, "Host": "example.org"})
    assert stranger.status == 403
    assert b"does not go by that name" in stranger.body
    assert stranger.headers["content-type"].startswith("text/html")


def test_an_upload_that_is_broken_off_is_nothing_to_log() -> None:
    with LiveServer() as server, Site(server.port).browser() as browser:
        path = browser.open()["snapshot"]
        for _ in range(3):
            with socket.create_connection((ADDRESS, server.port), timeout=PATIENCE) as client:
                client.sendall(
                    f"PUT {path} HTTP/1.1\r\nHost: {ADDRESS}:{server.port}\r\n"
                    f"Origin: {browser.site.origin}\r\nCookie: {browser.cookie}\r\n"
                    "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n".encode()
                )
                assert client.recv(12) == b"HTTP/1.1 100"
        server.stop()
        assert "Traceback" not in "".join(server.log)
