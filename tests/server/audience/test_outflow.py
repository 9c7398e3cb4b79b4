"""Pictures wait for their turn while much is under way; nothing else does, and nobody starves."""

from __future__ import annotations

from contextlib import ExitStack

from server.audience.outflow import Outflow


class Somebody:
    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


def test_whoever_waits_longest_is_woken_first() -> None:
    outflow, (one, two, three) = Outflow(100), (Somebody() for _ in range(3))
    assert outflow.admits(one, 1)
    with outflow.sending(one, 1, 100):
        assert not outflow.admits(two, 2)
        assert not outflow.admits(three, 3)
        assert outflow.under_way == 100
    # The one that has just sent does not come before those that waited.
    assert not outflow.admits(one, 1)
    assert (two.woken, three.woken) == (1, 0)
    assert outflow.admits(two, 2)
    with outflow.sending(two, 2, 10):
        assert outflow.admits(three, 3)
    assert outflow.admits(one, 1)


def test_whoever_is_busy_or_gone_holds_nobody_up() -> None:
    outflow, (one, two, three, four) = Outflow(100), (Somebody() for _ in range(4))
    with ExitStack() as first:
        first.enter_context(outflow.sending(one, 1, 100))
        for each in (two, three, four):
            assert not outflow.admits(each, each)
    outflow.leave(two)
    with outflow.sending(three, 3, 1):
        assert outflow.admits(four, 4)
    assert outflow.admits(three, 3)
    assert outflow.under_way == 0


def test_one_group_has_a_quarter_of_the_room() -> None:
    outflow, (one, two, three) = Outflow(100), (Somebody() for _ in range(3))
    with outflow.sending(one, "mine", 30):
        assert not outflow.admits(two, "mine")
        assert outflow.admits(three, "theirs")
    assert two.woken
    assert outflow.admits(two, "mine")
