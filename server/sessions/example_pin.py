"""Keeps which example a session's cards show, and tells every trainer that takes up its run."""

from __future__ import annotations

from collections.abc import Callable

from engine.data import Dataset
from server.protocol.example_choice import NEWEST, ExampleChoice, image_count
from server.protocol.kinds import Source
from server.protocol.orders import Order, ShowExample
from server.protocol.refusals import CommandError


class ExamplePin:
    """An example of the data stays over every change of network, the user's picture over none."""

    def __init__(self, order: Callable[[Order], None]) -> None:
        """Nothing is pinned; `order` reaches the trainer, if there is one."""
        self._order = order
        self._choice = NEWEST
        self._picture = b""
        self._picture_run = -1

    def keep_picture(self, pixels: bytes, run_id: int) -> None:
        """The cards of this run show the user's picture, gray levels as large as the data's."""
        self._picture, self._picture_run = pixels, run_id
        self._choice = ExampleChoice(Source.IMAGE)

    def choose(self, choice: ExampleChoice, dataset: Dataset) -> None:
        """Show this one.

        Raises:
            CommandError: there is no such image; nothing has changed.
            HostSilent: the trainer takes no orders.
        """
        if choice.source is Source.IMAGE:
            if not self._picture or choice.index is not None:
                raise CommandError("There is no picture of yours to show.", field="source")
        elif choice.index is not None or choice.source is not Source.TRAINING:
            count = image_count(dataset, choice.source)
            if choice.index is None or not 0 <= choice.index < count:
                message = f"`index` of show_example must be from 0 to {count - 1}."
                raise CommandError(message, field="index")
        self._choice = choice
        self._tell()

    def begun(self, run_id: int) -> None:
        """A trainer has taken up this run, and shows its newest example."""
        if self._choice.source is Source.IMAGE and run_id != self._picture_run:
            self._choice = NEWEST
        if self._choice.pinned:
            self._tell()

    def _tell(self) -> None:
        picture = self._picture if self._choice.source is Source.IMAGE else b""
        self._order(ShowExample(self._choice, picture))
