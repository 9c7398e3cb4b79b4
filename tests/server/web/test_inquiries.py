"""Looking into the network over the websocket, for owners and spectators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.live_server import LiveServer
from server.sessions.names import watch_id_of
from tests.server.serving import Browser, Site

EXAMPLE = {"about": "example"}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with LiveServer() as server:
        yield Site(server.port)


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    with site.browser() as browser:
        yield browser


def test_owner_and_spectator_are_answered(site: Site, browser: Browser) -> None:
    session = browser.open()["session"]
    with browser.watch(session) as owner, site.browser() as other:
        owner.until("stats")
        assert len(owner.do("inspect", inquiry=EXAMPLE)["probabilities"]) == 10
        with other.connect(f"/api/watch/{watch_id_of(session)}/stream") as spectator:
            assert len(spectator.do("inspect", inquiry=EXAMPLE)["probabilities"]) == 10


@pytest.mark.parametrize(
    ("inquiry", "field"),
    [
        ({}, "about"),
        ({"about": "nothing"}, "about"),
        ({"about": ["example"]}, "about"),
        ({"about": "example", "layer": 3}, "layer"),
        ("example", "inquiry"),
    ],
)
def test_a_bad_inquiry_is_refused_at_its_place(browser: Browser, inquiry: Any, field: str) -> None:
    with browser.watch(browser.open()["session"]) as stream:
        answer = stream.command("inspect", inquiry=inquiry)
        assert (answer["ok"], answer["error"]["field"]) == (False, field)
