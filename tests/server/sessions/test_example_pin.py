"""An example that was chosen is shown by every trainer, and a bad choice changes nothing."""

from __future__ import annotations

import pytest

from engine.data import load_builtin
from server.protocol.example_choice import NEWEST, ExampleChoice, image_count
from server.protocol.kinds import Source
from server.protocol.orders import Order, ShowExample
from server.protocol.refusals import CommandError
from server.sessions.example_pin import ExamplePin

DATA = load_builtin()
PICTURE = bytes(28 * 28)


class Desk:
    """A pin, and the orders that it gave."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.pin = ExamplePin(self.orders.append)

    def choose(self, source: Source, index: int | None = None) -> None:
        self.pin.choose(ExampleChoice(source, index), DATA)


@pytest.mark.parametrize("source", [Source.TRAINING, Source.VALIDATION, Source.TEST])
def test_an_image_of_the_data_stays_from_run_to_run(source: Source) -> None:
    desk = Desk()
    desk.choose(source, image_count(DATA, source) - 1)
    desk.pin.begun(2)
    desk.pin.begun(3)
    assert desk.orders == [ShowExample(ExampleChoice(source, image_count(DATA, source) - 1))] * 3
    desk.choose(Source.TRAINING)
    desk.pin.begun(4)
    assert desk.orders[3:] == [ShowExample(NEWEST)]


def test_a_picture_stays_over_another_trainer_and_not_over_another_network() -> None:
    desk = Desk()
    desk.pin.keep_picture(PICTURE, run_id=2)
    desk.pin.begun(2)
    shown = ShowExample(ExampleChoice(Source.IMAGE), PICTURE)
    assert desk.orders == [shown]
    desk.pin.begun(3)
    desk.pin.begun(3)
    assert desk.orders == [shown]
    desk.choose(Source.IMAGE)
    assert desk.orders[-1] == shown


@pytest.mark.parametrize(
    ("source", "index", "field"),
    [
        (Source.TEST, 1000, "index"),
        (Source.TEST, -5, "index"),
        (Source.TEST, None, "index"),
        (Source.VALIDATION, 400, "index"),
        (Source.TRAINING, 3600, "index"),
        (Source.IMAGE, None, "source"),
        (Source.IMAGE, 0, "source"),
    ],
)
def test_a_bad_choice_is_refused_at_its_place(
    source: Source, index: int | None, field: str
) -> None:
    desk = Desk()
    desk.choose(Source.TEST, 5)
    with pytest.raises(CommandError) as refused:
        desk.choose(source, index)
    assert refused.value.field == field
    desk.pin.begun(2)
    assert desk.orders == [ShowExample(ExampleChoice(Source.TEST, 5))] * 2
