"""Who may train now, and who waits in line for a place: first come, first served."""

from __future__ import annotations

from typing import Protocol


class Waiter(Protocol):
    """Somebody in the line."""

    def admit(self) -> None:
        """It is your turn; the place is yours until you leave."""

    def advance(self, place: int) -> None:
        """You are now so far back in line, counted from 1."""

    def spare(self) -> bool:
        """Somebody waits: leave soon if you have no use for your place; true if you will."""


class Line:
    """So many places, and the line for them."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._inside: set[Waiter] = set()
        self._waiting: list[Waiter] = []

    @property
    def running(self) -> int:
        """How many places are taken."""
        return len(self._inside)

    @property
    def is_full(self) -> bool:
        """Whether whoever comes now has to wait."""
        return len(self._inside) >= self._places

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def enter(self, waiter: Waiter) -> int:
        """Take a place if one is free; returns 0 then, else the place in line."""
        if waiter in self._inside:
            return 0
        if waiter not in self._waiting:
            if len(self._inside) < self._places:
                self._inside.add(waiter)
                return 0
            self._waiting.append(waiter)
            # One is enough: it makes room for the one that has just come.
            any(each.spare() for each in tuple(self._inside))
        return self._waiting.index(waiter) + 1

    def leave(self, waiter: Waiter) -> None:
        """Give the place back, or stop waiting; whoever is next moves up. May be called twice."""
        self._inside.discard(waiter)
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        while self._waiting and len(self._inside) < self._places:
            following = self._waiting.pop(0)
            self._inside.add(following)
            following.admit()
        for place, each in enumerate(tuple(self._waiting), start=1):
            each.advance(place)
