"""What several viewers ask at the same time is asked once."""

from __future__ import annotations

import asyncio

import pytest

from server.protocol.inquiries import ExampleInquiry, Inquiry
from server.protocol.refusals import HostSilent, SessionError
from server.sessions import shared_inquiries
from server.sessions.shared_inquiries import SharedInquiries

pytestmark = pytest.mark.anyio


class Trainer:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[str]] = []

    async def ask(self, inquiry: Inquiry) -> str:
        self.asked.append(asyncio.get_running_loop().create_future())
        return await self.asked[-1]


async def test_viewers_share_an_answer_and_later_ones_get_a_new_one() -> None:
    trainer = Trainer()
    shared = SharedInquiries(trainer.ask)
    viewers = [asyncio.create_task(shared.answer(ExampleInquiry())) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    viewers[0].cancel()
    (question,) = trainer.asked
    question.set_result("1")
    assert await asyncio.gather(*viewers[1:]) == ["1", "1"]
    later = asyncio.create_task(shared.answer(ExampleInquiry()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    trainer.asked[1].set_result("2")
    assert await later == "2"


async def test_all_are_told_why_there_is_no_answer() -> None:
    trainer = Trainer()
    shared = SharedInquiries(trainer.ask)
    viewers = [asyncio.create_task(shared.answer(ExampleInquiry())) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    trainer.asked[0].set_exception(HostSilent("It has ended."))
    for viewer in viewers:
        with pytest.raises(HostSilent, match="It has ended"):
            await viewer


async def test_too_many_different_questions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_inquiries, "MOST_ASKED", 0)
    with pytest.raises(SessionError, match="at once"):
        await SharedInquiries(Trainer().ask).answer(ExampleInquiry())
