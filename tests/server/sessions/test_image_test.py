"""How long a session keeps what its newest full test took each image for."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from engine.analysis.tested_images import TestedImages
from server.audience.viewer import Viewer
from server.protocol.kinds import Status
from server.protocol.orders import TakeCheckpoint
from server.protocol.reports import ImagesReport
from server.protocol.run_values import ImageTest
from tests.server.fake_host import Stage, join, launched

pytestmark = pytest.mark.anyio


def image_test(examples: int) -> ImageTest:
    ranked = np.zeros((3, 2), np.uint16), np.ones((3, 2), np.float32)
    return ImageTest(examples, "digest", TestedImages(np.zeros(3, np.uint8), *ranked))


async def test_the_newest_of_this_run_alone() -> None:
    stage = Stage()
    session, _ = await stage.running()
    first, second = image_test(20), image_test(40)
    for test in (first, second):
        stage.host.report(ImagesReport(session.run_id, test))
        assert session.audience.image_test is test
    stage.host.report(ImagesReport(session.run_id - 1, first))
    assert session.audience.image_test is second
    session.restart()
    assert session.audience.image_test is None


async def test_a_trainer_that_goes_on_from_a_checkpoint_tests_anew() -> None:
    stage = Stage()
    session, _ = await stage.running()
    stage.host.report(ImagesReport(session.run_id, image_test(40)))
    stage.host.end()
    await launched(session)
    assert session.audience.image_test is None


async def test_it_outlives_the_trainer_while_somebody_looks() -> None:
    stage = Stage(places=1)
    session, _ = await stage.running()
    test = image_test(40)
    stage.host.report(ImagesReport(session.run_id, test))
    session.pause(True)
    # Another network waits for its place.
    await join(stage.session("other"), Viewer())
    await stage.host.ordered(TakeCheckpoint)
    async with asyncio.timeout(30):
        while stage.hosts[0].stopped == 0 or session.resting:
            await asyncio.sleep(0)
    assert session.status is Status.PAUSED
    assert session.audience.image_test is test


async def test_without_trainer_and_viewers_it_makes_room() -> None:
    stage = Stage(pause_seconds=0.001, release_seconds=0.001)
    session, viewer = await stage.running()
    stage.host.report(ImagesReport(session.run_id, image_test(40)))
    session.leave(viewer)
    assert session.audience.image_test is not None
    async with asyncio.timeout(30):
        while session.status is not Status.STOPPED or session.resting:
            await asyncio.sleep(0)
    assert session.audience.image_test is None
