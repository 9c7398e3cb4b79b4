"""Pictures wait for their turn while much is under way; nothing else does, and nobody starves."""

from __future__ import annotations

from contextlib import ExitStack

from server.audience.outgoing_budget import OutgoingBudget


class Somebody:
    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


def test_whoever_waits_longest_is_woken_first() -> None:
    outgoing, (one, two, three) = OutgoingBudget(100), (Somebody() for _ in range(3))
    assert outgoing.admits(one, 1)
    with outgoing.sending(one, 1, 100):
        assert not outgoing.admits(two, 2)
        assert not outgoing.admits(three, 3)
        assert outgoing.under_way == 100
    # The one that has just sent does not come before those that waited.
    assert not outgoing.admits(one, 1)
    assert (two.woken, three.woken) == (1, 0)
    assert outgoing.admits(two, 2)
    with outgoing.sending(two, 2, 10):
        assert outgoing.admits(three, 3)
    assert outgoing.admits(one, 1)


def test_whoever_is_busy_or_gone_holds_nobody_up() -> None:
    outgoing, (one, two, three, four) = OutgoingBudget(100), (Somebody() for _ in range(4))
    with ExitStack() as first:
        first.enter_context(outgoing.sending(one, 1, 100))
        for each in (two, three, four):
            assert not outgoing.admits(each, each)
    outgoing.leave(two)
    with outgoing.sending(three, 3, 1):
        assert outgoing.admits(four, 4)
    assert outgoing.admits(three, 3)
    assert outgoing.under_way == 0


def test_one_group_has_a_quarter_of_the_room() -> None:
    outgoing, (one, two, three) = OutgoingBudget(100), (Somebody() for _ in range(3))
    with outgoing.sending(one, "mine", 30):
        assert not outgoing.admits(two, "mine")
        assert outgoing.admits(three, "theirs")
    assert two.woken
    assert outgoing.admits(two, "mine")
