"""Pinning an example over the websocket: all viewers see it, over a change of network too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.data import load_builtin
from scripts.live_server import LiveServer
from server.sessions.names import watch_id_of
from tests.server.serving import Site

DIGITS = load_builtin()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with LiveServer() as server:
        yield Site(server.port)


def shows(source: str, index: int | None) -> Any:
    return lambda each: (each["source"], each["index"], each["pinned"]) == (source, index, True)


def test_all_viewers_see_what_the_owner_pins(site: Site) -> None:
    with site.browser() as browser, site.browser() as other:
        session = browser.open()["session"]
        with (
            browser.watch(session) as owner,
            other.connect(f"/api/watch/{watch_id_of(session)}/stream") as spectator,
        ):
            for stream in (owner, spectator):
                stream.do("watch", layers=[0, 1])
            assert owner.until("layers")["pinned"] is False
            owner.do("show_example", source="test", index=17)
            for stream in (owner, spectator):
                shown = stream.until("layers", shows("test", 17))
                assert shown["label"] == DIGITS.test_labels[17]
                assert "gradients" in shown["layers"][0]
            run = owner.do("restart")["run_id"]
            again = spectator.until("layers", lambda each: each["run_id"] == run and each["pinned"])
            assert again["index"] == 17
            refused = spectator.command("show_example", source="test", index=3)
            assert not refused["ok"]
            owner.do("show_example", source="training")
            owner.until("layers", lambda each: not each["pinned"])


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        ({}, "source"),
        ({"source": "nothing"}, "source"),
        ({"source": "test"}, "index"),
        ({"source": "test", "index": 1000}, "index"),
        ({"source": "test", "index": "1"}, "index"),
        ({"source": "image"}, "source"),
    ],
)
def test_a_bad_choice_is_refused(site: Site, choice: dict[str, Any], field: str) -> None:
    with site.browser() as browser, browser.watch(browser.open()["session"]) as stream:
        answer = stream.command("show_example", **choice)
        assert (answer["ok"], answer["error"]["field"]) == (False, field)
