"""Points and full tests reach every viewer complete and in order, in messages of bounded size."""

from __future__ import annotations

import random

import pytest

from server.audience.graph_history import PointHistory, TestHistory
from server.audience.viewer import Viewer
from server.protocol.commands import FetchPoints
from server.protocol.connections import Role
from server.protocol.encode_events import encode
from server.protocol.orders import StartRun
from server.protocol.run_values import FullTest
from server.sessions.command_handler import carry_out
from server.sessions.session import Session
from tests.server.fake_host import Stage, full_test, join, launched, read

pytestmark = pytest.mark.anyio

LARGEST_MESSAGE = 150_000


def waiting_tests(session: Session, viewer: Viewer) -> list[tuple[int, list[int]]]:
    """Index of the first and examples of each message with full tests that waits."""
    waiting = [m for m in read(session, viewer) if m["type"] == "tests"]
    return [(m["first"], m["examples"]) for m in waiting]


def noisy_test(classes: int, images: int = 10_000) -> FullTest:
    """Its counts are as random as they get, and so as long."""
    chance = random.Random(classes)
    counts = [0] * classes * classes
    for _ in range(images):
        counts[chance.randrange(len(counts))] += 1
    return FullTest.of(1, 0.5, images, counts)


@pytest.mark.parametrize(("classes", "most"), [(2, 2857), (10, 194), (100, 1), (256, 1)])
def test_a_message_has_all_that_fits_and_something_always(classes: int, most: int) -> None:
    history, test = TestHistory(), noisy_test(classes)
    history.extend([test] * (2 * most + 1))
    for first, count in ((0, most), (most, most), (2 * most, 1)):
        tests = history.read(7, first)
        assert tests is not None
        assert (tests.run_id, tests.first, len(tests.examples)) == (7, first, count)
        assert tests.confusion == (test.counts,) * count
        assert len(encode(tests).head) < LARGEST_MESSAGE
    assert history.read(7, 2 * most + 1) is None


def test_what_is_kept_of_a_hundred_classes_is_small() -> None:
    counts = [0] * 10_000
    for index in range(100):
        counts[101 * index] = 80
        counts[(101 * index + 7) % 10_000] += 20
    assert len(FullTest.of(1, 0.8, 10_000, counts).confusion) < 1000


def test_no_messages_of_nothing() -> None:
    assert PointHistory().read(1, 0) is None
    assert TestHistory().read(1, 0) is None


async def test_a_newcomer_asks_for_all_full_tests_and_misses_none() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.tests(session.run_id, 20, 400)
    assert waiting_tests(session, viewer) == [(0, [20, 400])]
    newcomer = Viewer(Role.SPECTATOR)
    await join(session, newcomer)
    stage.host.tests(session.run_id, 900)
    assert waiting_tests(session, newcomer) == [(2, [900])]
    await carry_out(session, newcomer, FetchPoints(1, session.run_id, -1))
    stage.host.tests(session.run_id, 1300)
    assert waiting_tests(session, newcomer) == [(0, [20, 400, 900, 1300])]
    assert waiting_tests(session, viewer) == [(2, [900, 1300])]
    # Whoever has some already asks for the others; whoever asks for what is not there waits for it.
    await carry_out(session, newcomer, FetchPoints(1, session.run_id, -1, 1))
    assert waiting_tests(session, newcomer) == [(2, [900, 1300])]
    await carry_out(session, newcomer, FetchPoints(1, session.run_id, -1, 99))
    stage.host.tests(session.run_id, 1600)
    assert waiting_tests(session, newcomer) == [(4, [1600])]


async def test_a_message_of_tests_has_their_columns() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.tests(session.run_id, 20)
    (message,) = read(session, viewer)
    del message["seq"]
    assert message == {
        "type": "tests",
        "run_id": session.run_id,
        "first": 0,
        "examples": [20],
        "accuracy": [0.9],
        "images": [10],
        "confusion": [[9, 1, 0, 0]],
    }


async def test_a_new_run_begins_without_tests() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    old = session.run_id
    stage.host.tests(old, 20, 400)
    session.restart()
    stage.host.tests(old, 500)
    assert waiting_tests(session, viewer) == []
    start = stage.host.last(StartRun)
    assert (start.points, start.tests) == (0, 0)
    stage.host.tests_made = 0
    stage.host.tests(session.run_id, 60)
    assert waiting_tests(session, viewer) == [(0, [60])]


async def test_a_step_back_to_a_checkpoint_takes_back_the_tests_after_it() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.points(session.run_id, 5)
    stage.host.tests(session.run_id, 300, 700)
    stage.host.checkpoint(1000, points=5)
    stage.host.points(session.run_id, 2)
    stage.host.tests(session.run_id, 1100, 1300)
    assert waiting_tests(session, viewer) == [(0, [300, 700, 1100, 1300])]
    stage.host.end()
    await launched(session)
    start = stage.host.last(StartRun)
    assert (start.points, start.tests, start.tested) == (5, 2, 700)
    stage.host.begin()
    stage.host.tests_made = start.tests
    stage.host.tests(session.run_id, 1050)
    assert waiting_tests(session, viewer) == [(2, [1050])]
    late = Viewer()
    await join(session, late)
    await carry_out(session, late, FetchPoints(1, session.run_id, -1))
    assert waiting_tests(session, late) == [(0, [300, 700, 1050])]


async def test_a_step_back_to_the_beginning_leaves_no_test() -> None:
    stage = Stage()
    session, viewer = await stage.running()
    stage.host.tests(session.run_id, 0, 300)
    stage.host.end()
    await launched(session)
    start = stage.host.last(StartRun)
    assert (start.snapshot, start.tests) == (None, 0)
    stage.host.begin()
    stage.host.tests(session.run_id, 0)
    assert waiting_tests(session, viewer) == [(0, [0])]


def test_a_full_test_holds_its_counts() -> None:
    assert full_test(20).counts == (9, 1, 0, 0)
    counts = (0, 2**32 - 1, 1, 256)
    assert FullTest.of(1, 0.0, 3, counts).counts == counts
