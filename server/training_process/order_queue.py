"""Orders between who gives them and who carries them out, on two threads; some are taken back."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class OrderQueue(Generic[T]):
    """First in, first out; one that nobody waits for any more can be withdrawn by its token."""

    def __init__(self) -> None:
        self._orders: deque[T] = deque()
        self._changed = threading.Condition()

    def __bool__(self) -> bool:
        """Whether one waits; takes no lock."""
        return bool(self._orders)

    def put(self, order: T) -> None:
        """Add an order."""
        with self._changed:
            self._orders.append(order)
            self._changed.notify()

    def take(self) -> T:
        """Remove the oldest order; waits for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._orders)
            return self._orders.popleft()

    def withdraw(self, token: int) -> bool:
        """Remove the order with this token; false if it does not wait here."""
        with self._changed:
            for index, order in enumerate(self._orders):
                if getattr(order, "token", None) == token:
                    del self._orders[index]
                    return True
        return False
