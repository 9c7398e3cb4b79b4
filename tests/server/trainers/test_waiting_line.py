"""First come, first served, and everybody knows their place."""

from __future__ import annotations

from server.trainers.waiting_line import Line


class Guest:
    def __init__(self, idle: bool = False) -> None:
        self.idle = idle
        self.asked = 0
        self.admitted = 0
        self.place: int | None = None

    def admit(self) -> None:
        self.admitted += 1

    def advance(self, place: int) -> None:
        self.place = place

    def spare(self) -> bool:
        self.asked += 1
        return self.idle


def test_whoever_finds_no_place_waits_and_moves_up() -> None:
    line = Line(1)
    first, second, third = Guest(), Guest(), Guest()
    assert [line.enter(guest) for guest in (first, second, third)] == [0, 1, 2]
    assert (line.running, line.waiting) == (1, 2)
    line.leave(first)
    assert (second.admitted, third.admitted, third.place) == (1, 0, 1)
    assert line.enter(second) == 0
    line.leave(second)
    assert third.admitted == 1


def test_entering_twice_changes_nothing() -> None:
    line = Line(1)
    first, second = Guest(), Guest()
    assert [line.enter(guest) for guest in (first, first, second, second)] == [0, 0, 1, 1]


def test_whoever_stops_waiting_lets_the_others_up() -> None:
    line = Line(1)
    guests = [Guest() for _ in range(4)]
    for guest in guests:
        line.enter(guest)
    line.leave(guests[1])
    line.leave(guests[1])
    assert [guest.place for guest in guests[2:]] == [1, 2]
    assert (line.running, line.waiting) == (1, 2)


def test_whoever_has_no_use_for_a_place_is_asked_to_leave() -> None:
    line = Line(3)
    guests = [Guest(idle=True) for _ in range(3)]
    for guest in guests:
        line.enter(guest)
    assert line.enter(Guest()) == 1
    assert sum(guest.asked for guest in guests) == 1
