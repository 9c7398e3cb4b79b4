"""The tie to a trainer answers questions itself, and tells a stalled trainer from a slow one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from server.protocol.example_choice import NEWEST
from server.protocol.orders import LoadSnapshot, ShowExample, TakeSnapshot
from server.protocol.refusals import Declined, HostSilent
from server.protocol.reports import DataRefused, Done, Refused, Report, Snapshot
from server.trainers import trainer_link
from server.trainers.trainer_link import (
    MOST_STUCK_PINGS,
    MOST_WAITING_BYTES,
    MOST_WAITING_ORDERS,
    ORDERS_BETWEEN_PINGS,
    START_PINGS,
    TrainerLink,
)
from tests.server.fake_host import FakeHost
from tests.server.worker_process import DEFAULT

pytestmark = pytest.mark.anyio


class Ends:
    """A link with what it hands on."""

    def __init__(self, reply_seconds: float = 5) -> None:
        self.host = FakeHost()
        self.reports: list[Report] = []
        self.lost: list[str] = []
        self.link = TrainerLink(self.host, self.reports.append, self.lost.append, reply_seconds)
        self.link.start()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not happened():
            await asyncio.sleep(0)


async def test_replies_go_to_whoever_asked_and_reports_to_the_session() -> None:
    ends = Ends()
    first, second = (
        asyncio.ensure_future(ends.link.ask(lambda token: TakeSnapshot(token), Snapshot))
        for _ in range(2)
    )
    await until(lambda: len(ends.host.orders) == 2)
    tokens = [order.token for order in ends.host.orders if isinstance(order, TakeSnapshot)]
    ends.host.report(Refused(tokens[1], "no"))
    ends.host.report(Snapshot(tokens[0], b"one"))
    ends.host.report(DataRefused("bad"))
    ends.host.report(Snapshot(99, b"nobody asked"))
    assert (await first).data == b"one"
    with pytest.raises(Declined, match="no"):
        await second
    assert ends.reports == [DataRefused("bad")]
    await ends.link.close()


async def test_a_trainer_that_ends_is_told_of_once_and_answers_nobody_any_more() -> None:
    ends = Ends()
    asked = asyncio.ensure_future(ends.link.ask(lambda token: TakeSnapshot(token), Snapshot))
    await until(lambda: len(ends.host.orders) == 1)
    ends.host.end()
    ends.host.report(DataRefused("late"))
    with pytest.raises(HostSilent, match="killed"):
        await asked
    await ends.link.close()
    assert (len(ends.lost), ends.reports) == (1, [])


async def test_a_trainer_that_leaves_pings_unanswered_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trainer_link, "PING_SECONDS", 0)
    ends = Ends()
    # While it answers it may do nothing else for as long as it likes.
    await until(lambda: ends.host.pings > 10 * START_PINGS)
    assert ends.lost == []
    ends.host.answers_pings = False
    await until(lambda: ends.lost != [])
    assert ends.lost == ["The training process stopped answering."]
    await until(lambda: ends.host.stopped == 1)
    await ends.link.close()


async def test_a_trainer_that_answers_pings_but_does_not_get_on_with_its_orders_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trainer_link, "PING_SECONDS", 0)
    ends = Ends()
    await until(lambda: ends.host.pings > 1)
    ends.host.stuck = True
    stuck_at = ends.host.pings
    await until(lambda: ends.lost != [])
    assert ends.lost == ["The training process no longer did what it was told."]
    assert ends.host.pings >= stuck_at + MOST_STUCK_PINGS
    await until(lambda: ends.host.stopped == 1)
    await ends.link.close()


async def test_a_question_that_nobody_waits_for_any_more_is_withdrawn() -> None:
    ends = Ends(reply_seconds=0)
    with pytest.raises(HostSilent, match="does not answer"):
        await ends.link.ask(TakeSnapshot, Snapshot)
    assert ends.host.withdrawn == [ends.host.last(TakeSnapshot).token]
    await ends.link.close()


async def test_what_questions_carry_together_is_bounded() -> None:
    ends = Ends()
    large = bytes(MOST_WAITING_BYTES - 1)

    def file(token: int, data: bytes = large) -> LoadSnapshot:
        return LoadSnapshot(token, 2, data, DEFAULT.trainer, 1)

    first = asyncio.ensure_future(ends.link.ask(file, Done))
    await until(lambda: len(ends.host.orders) == 1)
    with pytest.raises(HostSilent, match="busy"):
        await ends.link.ask(lambda token: file(token, b"{}"), Done)
    ends.host.report(Done(ends.host.last(LoadSnapshot).token))
    await first
    assert len(ends.host.orders) == 1
    second = asyncio.ensure_future(ends.link.ask(file, Done))
    await until(lambda: len(ends.host.orders) == 2)
    second.cancel()
    await until(lambda: len(ends.host.withdrawn) == 1)
    await ends.link.close()


async def test_a_trainer_may_take_longer_to_load_than_to_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trainer_link, "PING_SECONDS", 0)
    ends = Ends()
    ends.host.answers_pings = False
    await until(lambda: ends.lost != [])
    assert ends.host.pings == START_PINGS
    await ends.link.close()


async def test_orders_that_do_not_arrive_are_bounded_and_those_that_do_are_not() -> None:
    ends = Ends()
    for count in range(3 * MOST_WAITING_ORDERS):
        ends.link.order(ShowExample(NEWEST))
        if count % ORDERS_BETWEEN_PINGS == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    ends.host.answers_pings = False
    room = MOST_WAITING_ORDERS - ORDERS_BETWEEN_PINGS
    for _ in range(room):
        ends.link.order(ShowExample(NEWEST))
    for _ in range(ORDERS_BETWEEN_PINGS):
        with suppress(HostSilent):
            ends.link.order(ShowExample(NEWEST))
    with pytest.raises(HostSilent, match="does not take"):
        ends.link.order(ShowExample(NEWEST))
    await ends.link.close()
