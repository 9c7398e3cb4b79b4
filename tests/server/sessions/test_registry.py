"""Sessions are found by their owners alone, and limited in number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.audience.viewer import Viewer
from server.protocol.connections import CloseReason
from server.sessions.names import is_token, new_token, owner_of
from server.sessions.registry import (
    SPARED_SECONDS,
    NoSuchSession,
    Registry,
    TooManySessions,
)
from server.sessions.session_state import WORTH_SECONDS
from server.settings import Limits
from server.uptime import Uptime
from tests.server.fake_host import HandClock, Stage, join

pytestmark = pytest.mark.anyio


def registry(stage: Stage, **limits: int) -> Registry:
    settings = replace(stage.shared.settings, limits=Limits(**limits))
    return Registry(replace(stage.shared, settings=settings))


async def test_a_session_is_found_by_its_owner_alone() -> None:
    sessions = registry(Stage())
    session = sessions.create("me")
    assert sessions.find(session.id, "me") is session
    refusals = []
    for name, owner in ((session.id, "you"), ("absent", "me")):
        with pytest.raises(NoSuchSession) as caught:
            sessions.find(name, owner)
        refusals.append(str(caught.value))
    # Nothing tells a foreign session from an absent one.
    assert refusals[0] == refusals[1]


async def test_ids_and_tokens_cannot_be_guessed() -> None:
    sessions = registry(Stage())
    assert len({sessions.create(str(number)).id for number in range(50)}) == 50
    assert min(len(sessions.create("me").id), len(new_token())) >= 22
    token = new_token()
    assert is_token(token)
    assert not any(map(is_token, (None, "", "chosen", token + "x", token[:-1] + " ")))
    assert owner_of(token) == owner_of(token) != token


async def test_a_session_is_watched_by_a_name_from_which_its_own_does_not_follow() -> None:
    sessions = registry(Stage())
    session, other = sessions.create("me"), sessions.create("me")
    assert sessions.find_watched(session.watch_id) is session
    assert len(session.watch_id) >= 22
    assert len({session.id, session.watch_id, other.id, other.watch_id}) == 4
    for name in (session.id, session.watch_id[:-1], "absent", ""):
        with pytest.raises(NoSuchSession, match=r"There is no such session\."):
            sessions.find_watched(name)


async def test_a_browsers_sessions_are_listed_the_last_seen_first() -> None:
    sessions = registry(Stage())
    first, second, _ = sessions.create("me"), sessions.create("me"), sessions.create("you")
    first.state.seen, second.state.seen = 2, 1
    assert sessions.owned_by("me") == [first, second]
    assert sessions.owned_by("nobody") == []


async def test_an_owner_and_nobody_else_removes_a_session() -> None:
    stage = Stage()
    sessions = registry(stage)
    session, viewer = sessions.create("me"), Viewer()
    await join(session, viewer)
    for name, owner in ((session.id, "you"), ("absent", "me"), (session.watch_id, "me")):
        with pytest.raises(NoSuchSession):
            sessions.remove(name, owner)
    sessions.remove(session.id, "me")
    assert viewer.closing is CloseReason.REMOVED
    assert len(sessions) == 0
    await sessions.close()
    assert stage.host.stopped == 1


async def test_a_browser_gets_the_session_that_it_looked_at_last() -> None:
    sessions = registry(Stage())
    first, second = sessions.create("me"), sessions.create("me")
    assert sessions.newest("you") is None
    first.state.seen, second.state.seen = 2, 1
    assert sessions.newest("me") is first


async def test_beyond_the_limit_the_oldest_unused_one_goes() -> None:
    stage = Stage()
    sessions = registry(stage, sessions_per_owner=2)
    first, second = sessions.create("me"), sessions.create("me")
    viewer = Viewer()
    await join(first, viewer)
    third = sessions.create("me")
    assert {session.id for session in sessions} == {first.id, third.id}
    with pytest.raises(NoSuchSession):
        sessions.find(second.id, "me")
    # Once used, a session is nobody else's to throw away.
    await join(third, Viewer())
    first.leave(viewer)
    with pytest.raises(TooManySessions):
        sessions.create("me")
    await sessions.close()


async def test_the_server_as_a_whole_has_a_limit_too() -> None:
    sessions = registry(Stage(places=5), sessions=2)
    for owner in "ab":
        await join(sessions.create(owner), Viewer())
    with pytest.raises(TooManySessions):
        sessions.create("c")
    await sessions.close()


async def test_sessions_that_hardly_trained_make_way_after_an_hour_the_oldest_first() -> None:
    clock = HandClock()
    stage = Stage(places=3, uptime=Uptime(clock=clock))
    sessions = registry(stage, sessions=3)
    glances = [sessions.create(owner) for owner in "abc"]
    for session in glances:
        viewer = Viewer()
        await join(session, viewer)
        session.leave(viewer)
        clock.seconds += 1
    clock.seconds += SPARED_SECONDS - 3
    with pytest.raises(TooManySessions, match="no room"):
        sessions.create("d")
    with pytest.raises(TooManySessions, match="no room"):
        sessions.check_room("d", "")
    work, watched, _ = glances
    work.state.trained_before = WORTH_SECONDS
    watched.join(Viewer())
    clock.seconds += 9
    sessions.check_room("d", "")
    newcomer = sessions.create("d")
    assert set(sessions) == {work, watched, newcomer}
    # Nobody has seen that one yet.
    newest = sessions.create("e")
    assert set(sessions) == {work, watched, newest}
    await sessions.close()


async def test_an_address_has_a_share_of_all_sessions_and_its_own_make_way() -> None:
    stage = Stage(places=9)
    sessions = registry(stage, sessions=8, sessions_per_address=2)
    elsewhere = sessions.create("a", "192.0.2.9")
    here = [sessions.create(owner, "192.0.2.1") for owner in "bc"]
    here.append(sessions.create("d", "192.0.2.1"))
    assert set(sessions) == {elsewhere, *here[1:]}
    for session in here[1:]:
        await join(session, Viewer())
    with pytest.raises(TooManySessions, match="2 sessions from your network's address"):
        sessions.create("e", "192.0.2.1")
    # Where it is not known whence they came, as of earlier ones, it is no share.
    for owner in "efghi":
        sessions.create(owner)
    assert len(sessions) == 8
    sessions.create("j", "192.0.2.2")
    assert elsewhere not in set(sessions)
    await sessions.close()


async def test_only_time_in_which_a_network_trains_counts() -> None:
    session, _ = await Stage().running()
    state = session.state
    session.pause(True)
    trained = state.trained_seconds
    assert trained > 0
    assert state.trained_seconds == trained
    session.pause(False)
    state.trained_before = WORTH_SECONDS - trained
    assert state.trained_seconds == WORTH_SECONDS
    await session.close()


async def test_closing_ends_every_process_and_may_be_done_twice() -> None:
    stage = Stage(places=3)
    sessions = registry(stage)
    for owner in "abc":
        await join(sessions.create(owner), Viewer())
    await sessions.close()
    await sessions.close()
    assert [host.stopped for host in stage.hosts] == [1, 1, 1]
