"""Orders come out as they went in, but for those that were withdrawn."""

from __future__ import annotations

from server.protocol.example_choice import NEWEST
from server.protocol.orders import Order, ShowExample, TakeCheckpoint, TakeSnapshot
from server.training_process.order_queue import OrderQueue


def test_one_that_is_withdrawn_is_passed_over() -> None:
    orders: OrderQueue[Order] = OrderQueue()
    for order in (TakeSnapshot(1), ShowExample(NEWEST), TakeCheckpoint(2)):
        orders.put(order)
    assert orders.withdraw(1)
    assert not orders.withdraw(1)
    assert [orders.take(), orders.take()] == [ShowExample(NEWEST), TakeCheckpoint(2)]
    assert not orders
    assert not orders.withdraw(2)
