"""A browser keeps its sessions through restarts, and what an earlier version gave it counts."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.live_server import LiveServer
from server.sessions.names import new_token
from server.settings import Settings
from server.storage.keeper import StorageError
from server.storage.server_secret import SECRET, SECRET_BYTES, server_secret
from tests.server.serving import ADDRESS, Browser, Site, serving


def begun(browser: Browser) -> str:
    """A session that this browser has begun, and looked at so that it is kept."""
    with browser.session() as stream:
        stream.until("session")
        session: str = stream.state["session"]
        return session


def damage(secret: Path, how: str) -> None:
    if how == "shorter":
        secret.write_bytes(b"short")
    elif how == "gone":
        secret.unlink()


@pytest.mark.parametrize("how", ["as it was", "shorter", "gone"])
def test_whoever_has_sessions_keeps_them_whatever_becomes_of_the_secret(
    tmp_path: Path, how: str
) -> None:
    with LiveServer(state=tmp_path) as server, Site(server.port).browser() as browser:
        session = begun(browser)
        (before,) = browser.http.cookies.values()
        server.stop()
        assert (tmp_path / SECRET).stat().st_mode & 0o777 == 0o600
        damage(tmp_path / SECRET, how)
        server.start()
        assert browser.open()["session"] == session
        # It is given one again, if need be by another name, with the same token.
        after = set(browser.http.cookies.values())
        assert {value.partition(".")[0] for value in after} == {before.partition(".")[0]}
        assert len(after) == (1 if how == "as it was" else 2)


def test_a_cookie_of_an_earlier_version_counts_where_it_owns_something(tmp_path: Path) -> None:
    with LiveServer(state=tmp_path) as server, ExitStack() as stack:
        first, later, stranger = (
            stack.enter_context(Site(server.port).browser()) for _ in range(3)
        )
        session = begun(first)
        (value,) = first.http.cookies.values()
        later.http.cookies.set("convnet_live", value.partition(".")[0], domain=ADDRESS)
        assert later.open()["session"] == session
        # From now on it has a signature.
        assert value in later.http.cookies.values()
        token = new_token()
        stranger.http.cookies.set("convnet_live", token, domain=ADDRESS)
        stranger.http.get("/").raise_for_status()
        assert not any(value.startswith(f"{token}.") for value in stranger.http.cookies.values())


def test_two_servers_on_one_host_do_not_take_each_others_cookie(tmp_path: Path) -> None:
    with serving(Settings(offline=True, state=tmp_path / "one")) as one, one.browser() as browser:
        session = begun(browser)
        with serving(Settings(offline=True, state=tmp_path / "two")) as two:
            # A browser keeps one jar for all ports of a host.
            browser.http.get(f"{two.origin}/").raise_for_status()
        assert len(browser.http.cookies) == 2
        assert browser.open()["session"] == session


def test_the_secret_is_made_once_and_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    first = server_secret(tmp_path)
    assert len(first) == SECRET_BYTES
    assert server_secret(tmp_path) == first
    (tmp_path / SECRET).unlink()
    (tmp_path / SECRET).mkdir()
    with pytest.raises(StorageError, match="secret cannot be used"):
        server_secret(tmp_path)
