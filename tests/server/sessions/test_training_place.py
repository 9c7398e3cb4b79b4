"""A paused network gives its place to whoever waits, and gets one again when it is needed."""

from __future__ import annotations

import asyncio

import pytest

from server.audience.viewer import Viewer
from server.protocol.kinds import Status
from server.protocol.orders import SetWatched, ShowImage, StartRun, TakeCheckpoint, TrainOnce
from server.protocol.refusals import SessionError
from server.protocol.reports import Guesses
from server.protocol.run_values import Guess
from server.sessions.session import Session
from tests.server.fake_host import Stage, join, launched, read

pytestmark = pytest.mark.anyio


async def parked(stage: Stage) -> tuple[Session, Viewer, Session]:
    """A paused, watched session without a trainer, and the one that has its place."""
    paused, viewer = await stage.running()
    stage.host.frame(paused.run_id, examples=1000)
    paused.pause(True)
    other = stage.session("other")
    await join(other, Viewer())
    await stage.host.ordered(TakeCheckpoint)
    await has_trainer(other)
    stage.host.begin()
    return paused, viewer, other


async def has_trainer(session: Session) -> None:
    async with asyncio.timeout(30):
        while session.status is Status.WAITING or session.resting:
            await asyncio.sleep(0)
    await launched(session)


async def test_a_paused_network_makes_room_for_one_that_waits_and_keeps_its_pictures() -> None:
    stage = Stage(places=1)
    paused, viewer, other = await parked(stage)
    assert (paused.status, other.status) == (Status.PAUSED, Status.RUNNING)
    assert [host.stopped for host in stage.hosts] == [1, 0]
    # Before it left, all cards were asked for, whoever had them on screen.
    everything = SetWatched(frozenset(range(len(paused.spec.layers))))
    assert everything in stage.hosts[0].orders
    messages = read(paused, viewer)
    assert {m["status"] for m in messages if m["type"] == "session"} == {"paused"}
    newcomer = Viewer()
    await join(paused, newcomer)
    assert paused.status is Status.PAUSED
    assert 1000 in [m["examples"] for m in read(paused, newcomer) if m["type"] == "stats"]
    assert len(stage.hosts) == 2


async def test_on_resume_it_waits_for_a_place_and_goes_on_from_its_checkpoint() -> None:
    stage = Stage(places=1)
    paused, _, other = await parked(stage)
    paused.pause(False)
    assert (paused.status, paused.state.place) == (Status.WAITING, 1)
    other.pause(True)
    await has_trainer(paused)
    assert other.status is Status.PAUSED
    start = stage.host.last(StartRun)
    assert (start.run_id, start.snapshot, start.paused) == (paused.run_id, b"state", False)
    stage.host.begin()
    assert paused.status is Status.RUNNING


async def test_a_pause_while_somebody_waits_makes_room_at_once() -> None:
    stage = Stage(places=1)
    session, _ = await stage.running()
    waiting = stage.session("waiting")
    await join(waiting, Viewer())
    assert waiting.status is Status.WAITING
    session.pause(True)
    await has_trainer(waiting)
    assert (session.status, len(stage.hosts)) == (Status.PAUSED, 2)


async def test_whoever_resumes_while_the_place_is_given_back_keeps_it() -> None:
    stage = Stage(places=1)
    session, _ = await stage.running()
    stage.host.silent = True
    waiting = stage.session("waiting")
    await join(waiting, Viewer())
    session.pause(True)
    order = await stage.host.ordered(TakeCheckpoint)
    session.pause(False)
    stage.host.checkpoint(1000, 0, order.token)
    async with asyncio.timeout(30):
        while session.resting:
            await asyncio.sleep(0)
    assert (session.status, waiting.status) == (Status.RUNNING, Status.WAITING)
    assert stage.host.stopped == 0


async def test_a_step_gets_it_a_trainer_again() -> None:
    stage = Stage(places=1)
    paused, _, other = await parked(stage)
    await other.close()
    paused.step()
    await launched(paused)
    assert stage.host.last(StartRun).paused
    stage.host.begin()
    assert stage.host.orders[-1] == TrainOnce()
    assert paused.status is Status.PAUSED


async def test_an_own_picture_gets_it_a_trainer_where_there_is_a_place() -> None:
    stage = Stage(places=1)
    paused, _, other = await parked(stage)
    with pytest.raises(SessionError, match="in use by others"):
        await paused.predict(b"picture")
    assert paused.status is Status.PAUSED
    await other.close()
    asked = asyncio.ensure_future(paused.predict(b"picture"))
    async with asyncio.timeout(30):
        while len(stage.hosts) < 3:
            await asyncio.sleep(0)
    order = await stage.host.ordered(ShowImage)
    stage.host.report(Guesses(order.token, (Guess(3, 1.0),), (1.0,)))
    assert (await asked).top[0].klass == 3
