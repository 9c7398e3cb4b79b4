"""Spectators see everything and change nothing; owners list, open and remove their sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from server.audience import audience
from server.audience.viewer import Viewer
from server.protocol.commands import COMMANDS, CheckSpec, FetchPoints, Inspect, InTurn, Watch
from server.protocol.connections import Role
from server.protocol.events import Problem
from server.protocol.orders import SetPaused
from server.sessions.command_handler import carry_out
from server.settings import Limits, Settings
from tests.server.fake_host import Stage, join, read
from tests.server.serving import Browser, Site, serving

SMALL = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
    {type:'softmax', num_classes:10}];"""
# What each key of a command may be; a command with a new key has to be thought about here.
KEYS: dict[str, Any] = {
    "id": 1, "spec": SMALL, "keep": True, "settings": {"momentum": 0.5}, "layers": (0,),
    "run_id": 1, "after": -1, "tests_after": -1, "earlier": True,
}  # fmt: skip
IN_TURN = [kind for kind in COMMANDS.values() if kind is not Inspect]
HARMLESS = {CheckSpec, Watch, FetchPoints}
OF_OWNERS = (
    "header_pause", "buttontp", "buttonstep", "buttonrestart", "trainer_fields", "buttonrecover",
    "dumpjson", "snapshotfile", "own_image", "imagefile", "newnet", "buttonnn", "preset", "share",
    "sessions",
)  # fmt: skip


# --- what they may do -----------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("kind", IN_TURN, ids=lambda kind: kind.type)
async def test_spectators_may_look_and_ask_and_nothing_else(kind: type[InTurn]) -> None:
    stage = Stage()
    session, _ = await stage.running()
    guest = Viewer(Role.SPECTATOR)
    await join(session, guest)
    orders = len(stage.host.orders)
    before = session.run_id, session.spec, session.status
    command = kind(**{member.name: KEYS[member.name] for member in fields(kind)})
    answer = await carry_out(session, guest, command)
    assert (session.run_id, session.spec, session.status) == before
    if kind in HARMLESS:
        assert answer.ok
    else:
        assert answer.error == Problem("You are watching this session and cannot change it.")
        assert len(stage.host.orders) == orders


@pytest.mark.anyio
async def test_spectators_are_told_neither_the_session_nor_the_link() -> None:
    stage = Stage()
    session, owner = await stage.running()
    guest = Viewer(Role.SPECTATOR)
    await join(session, guest)
    session.pause(True)
    for state in [m for m in read(session, guest) if m["type"] == "session"]:
        assert (state["role"], state["session"]) == ("spectator", session.watch_id)
        assert "watch" not in state
        assert session.id not in state.values()
    state = read(session, owner)[0]
    assert (state["role"], state["session"]) == ("owner", session.id)
    assert state["watch"] == f"/watch/{session.watch_id}"


@pytest.mark.anyio
async def test_a_class_that_comes_at_once_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "COUNT_SECONDS", 0)
    stage = Stage()
    session, owner = await stage.running()
    guests = [Viewer(Role.SPECTATOR) for _ in range(100)]
    for guest in guests:
        await join(session, guest)

    async def counted() -> list[int]:
        while not (messages := read(session, owner)):
            await asyncio.sleep(0)
        return [message["count"] for message in messages if message["type"] == "spectators"]

    assert await counted() == [100]
    for guest in guests[:99]:
        session.leave(guest)
    assert await counted() == [1]
    # Whoever comes later is told at once.
    await join(session, late := Viewer())
    assert [m["count"] for m in read(session, late) if m["type"] == "spectators"] == [1]


@pytest.mark.anyio
async def test_a_spectator_wakes_a_session_that_rests() -> None:
    stage = Stage(pause_seconds=0)
    session, owner = await stage.running()
    session.leave(owner)
    assert await stage.host.ordered(SetPaused) == SetPaused(True)
    await join(session, Viewer(Role.SPECTATOR))
    assert stage.host.last(SetPaused) == SetPaused(False)
    await session.close()


# --- the link -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    limits = Limits(viewers_per_session=2)
    with serving(Settings(offline=True, running=100, pause_seconds=0.2, limits=limits)) as site:
        yield site


@pytest.fixture
def owner(site: Site) -> Iterator[Browser]:
    with site.browser() as browser:
        yield browser


@pytest.fixture
def guest(site: Site) -> Iterator[Browser]:
    with site.browser() as browser:
        yield browser


def watch_path(owner: Browser) -> str:
    """What the owner's page says is the path for spectators."""
    with owner.session() as stream:
        path: str = stream.until("session")["watch"]
        return path


def test_the_page_for_spectators_lets_nobody_in_and_holds_no_control(
    owner: Browser, guest: Browser
) -> None:
    session, path = owner.open()["session"], watch_path(owner)
    page = guest.http.get(path)
    assert "set-cookie" not in page.headers
    assert session not in page.text
    for name in OF_OWNERS:
        assert f'id="{name}"' in owner.http.get("/").text
        assert f'id="{name}"' not in page.text
    watch_id = path.removeprefix("/watch/")
    bootstrap = guest.open(path)
    assert set(bootstrap) == {
        "session", "role", "stream", "default_spec", "presets", "limits", "version",
    }  # fmt: skip
    assert (bootstrap["role"], bootstrap["session"]) == ("spectator", watch_id)
    assert guest.http.get("/api/sessions").json()["sessions"] == []
    for address in (f"/api/watch/{watch_id}/snapshot", f"/api/sessions/{watch_id}/snapshot"):
        assert guest.http.get(address).status_code == 404
        assert owner.http.get(address).status_code == 404


def test_spectators_see_the_run_live_and_its_owner_sees_how_many(
    owner: Browser, guest: Browser
) -> None:
    path = watch_path(owner)
    with owner.session() as mine, guest.connect(guest.open(path)["stream"]) as stream:
        assert mine.until("spectators")["count"] == 1
        stream.until_status("running")
        stream.do("watch", layers=[0, 1])
        early = stream.until("stats")
        assert stream.until("stats", lambda stats: stats["examples"] > early["examples"])
        assert [layer["index"] for layer in stream.until("layers")["layers"]] == [0, 1]
        stream.do("points", run_id=stream.state["run_id"], after=-1)
        assert stream.until("points")["first"] == 0
        refused = stream.command("pause")
        assert refused["error"] == {
            "message": "You are watching this session and cannot change it."
        }
        mine.do("pause")
        stream.until_status("paused")
    with owner.session() as mine:
        mine.until("spectators", lambda message: message["count"] == 0)


def test_an_owner_who_opens_the_link_is_a_spectator_too(owner: Browser) -> None:
    with owner.connect(owner.open(watch_path(owner))["stream"]) as stream:
        assert not stream.command("restart")["ok"]


def test_a_crowd_does_not_keep_the_owner_out(owner: Browser, guest: Browser) -> None:
    stream = guest.open(watch_path(owner))["stream"]
    with guest.connect(stream) as first, guest.connect(stream) as second:
        first.until_status("running")
        second.until_status("running")
        with guest.connect(stream) as third:
            assert third.closing_code() == 4429
        with owner.session() as mine:
            mine.do("pause")


def test_other_sites_may_not_watch(owner: Browser, guest: Browser) -> None:
    path = owner.open(watch_path(owner))["stream"]
    for browser in (owner, guest):
        for origin in ("null", "http://evil.example"):
            with pytest.raises(InvalidStatus) as caught, browser.connect(path, origin=origin):
                pass
            assert caught.value.response.status_code == 403


def test_an_absent_link_is_not_found(owner: Browser, guest: Browser) -> None:
    session = owner.open()["session"]
    pages = {
        without_nonce(guest.http.get(path))
        for path in ("/watch/absent", f"/watch/{session}", "/watch/%00", "/sessions/absent",
                     f"/sessions/{session}")
    }  # fmt: skip
    # Nothing tells a foreign session from an absent one.
    assert len(pages) == 1
    assert pages.pop()[0] == 404
    for name in ("absent", session):
        with guest.connect(f"/api/watch/{name}/stream") as stream:
            assert stream.closing_code() == 4404


def without_nonce(response: Any) -> tuple[int, str]:
    nonce = response.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
    return response.status_code, response.text.replace(nonce, "")


# --- the browser's own sessions -------------------------------------------------------------------


def test_a_browser_lists_and_opens_its_sessions(owner: Browser, guest: Browser) -> None:
    first = owner.open()["session"]
    second = owner.http.post("/api/sessions").json()["session"]
    with owner.watch(second) as stream:
        stream.until_status("running")
        stream.do("change_network", spec=SMALL)
        stream.until("points")
        listed = owner.http.get("/api/sessions").json()
        assert (listed["most"], listed["keep_seconds"]) == (20, 30 * 24 * 3600)
        newest, oldest = listed["sessions"]
        assert (newest["session"], newest["title"], newest["viewers"]) == (second, "softmax", 1)
        assert newest["examples"] >= 200
        assert newest["seen"] >= oldest["seen"]
        assert oldest == {
            "session": first, "title": "conv 8 · pool · conv 16 · pool · softmax",
            "status": "stopped", "examples": 0, "seen": oldest["seen"], "viewers": 0, "bytes": 0,
        }  # fmt: skip
    assert owner.open(f"/sessions/{first}")["session"] == first
    assert owner.open()["session"] == second
    assert guest.http.get("/api/sessions").json()["sessions"] == []


def test_a_session_is_removed_by_its_owner_and_its_viewers_are_told(
    owner: Browser, guest: Browser
) -> None:
    session, path = owner.open()["session"], watch_path(owner)
    stream = guest.open(path)["stream"]
    with owner.session() as mine, guest.connect(stream) as watching:
        refusals = [guest.http.delete(f"/api/sessions/{name}") for name in (session, "absent")]
        assert {(each.status_code, each.json()["error"]["message"]) for each in refusals} == {
            (404, "There is no such session.")
        }
        evil = owner.http.delete(f"/api/sessions/{session}", headers={"origin": "null"})
        assert evil.status_code == 403
        assert owner.http.delete(f"/api/sessions/{session}").status_code == 204
        assert (mine.closing_code(), watching.closing_code()) == (4410, 4410)
    assert owner.http.delete(f"/api/sessions/{session}").status_code == 404
    assert owner.http.get(f"/sessions/{session}").status_code == 404
    assert guest.http.get(path).status_code == 404
    with guest.connect(stream) as late:
        assert late.closing_code() == 4404
    assert owner.open()["session"] != session
