"""What a filter or a class looks for: test images that excite it, and a picture drawn for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any, TypeVar

from engine.analysis.most_exciting import Excitement, ExcitementSearch
from engine.analysis.preferred_picture import Preferred, preferred_picture
from engine.data import center_crops
from server.protocol.inquiries import LooksForInquiry
from server.training_process.inspectors.base import Answer, InquiryError
from server.training_process.inspectors.frozen_net import FrozenNet
from server.training_process.inspectors.pictures import gray_picture
from server.training_process.live_run import LiveRun

SLICE_SECONDS = 0.012
"""Of work for an answer: whoever asks on sees it get on, and others are not kept waiting."""
IMAGES = 64
KEPT_PICTURES = 32

T = TypeVar("T")


class LooksForInspector:
    """Answers with what there is, and gets on with the rest a little each time it is asked.

    One search through the test images serves all filters, whoever asks about which. When it is
    done, the next question begins another if the network has learned since.
    """

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._shown = _Study(run)
        self._next: _Study | None = None

    def answer(self, inquiry: LooksForInquiry) -> Answer:
        """What excites the channel, as far as it is known.

        Raises:
            InquiryError: the network has no such layer or channel.
        """
        unit = self._check(inquiry)
        end = perf_counter() + SLICE_SECONDS
        self._work(unit, end)
        return self._shown.tell(unit) | {"done": self._next is None and self._shown.done(unit)}

    def _check(self, inquiry: LooksForInquiry) -> tuple[int, int]:
        layers = self._run.training.net.layers
        if not 1 <= inquiry.layer < len(layers):
            reason = f"There is no layer {inquiry.layer}: they are 1 to {len(layers) - 1}."
            raise InquiryError(reason)
        channels = layers[inquiry.layer].out_shape.depth
        if not 0 <= inquiry.channel < channels:
            reason = f"This layer has no channel {inquiry.channel}: they are 0 to {channels - 1}."
            raise InquiryError(reason)
        return inquiry.layer, inquiry.channel

    def _work(self, unit: tuple[int, int], end: float) -> None:
        study = self._shown
        if study.done(unit):
            if self._next is None and study.is_old:
                self._next = _Study(self._run)
            study = self._next or study
        for _ in study.get_on(unit):
            if perf_counter() >= end:
                break
        if self._next is not None and self._next.done(unit):
            self._shown, self._next = self._next, None


class _Study:
    """The test images and drawn pictures of one moment's network."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._images = run.dataset.test_images
        self._labels = run.dataset.test_labels
        self._frozen = FrozenNet(run)
        self._search = ExcitementSearch(self._frozen.take(), self._images)
        self._drawings: dict[tuple[int, int], Iterator[None]] = {}
        self._drawn: dict[tuple[int, int], Preferred | None] = {}

    @property
    def is_old(self) -> bool:
        """Whether the network has learned since, or there are other images."""
        other = self._images is not self._run.dataset.test_images
        return other or self._frozen.step != self._run.training.trainer.step_count

    def done(self, unit: tuple[int, int]) -> bool:
        """Whether all is known of a unit."""
        return self._search.done and unit in self._drawn

    def get_on(self, unit: tuple[int, int]) -> Iterator[None]:
        """Draw the unit's picture, then search; yields between pieces of some milliseconds."""
        if unit not in self._drawn:
            drawing = _room_in(self._drawings).setdefault(unit, self._draw(unit))
            # Not `yield from`: whoever stops listening here would end the drawing too.
            for _ in drawing:
                yield
            del self._drawings[unit]
        while not self._search.run(self._run.training.at_once(IMAGES)):
            yield

    def _draw(self, unit: tuple[int, int]) -> Iterator[None]:
        found = yield from preferred_picture(self._frozen.net, *unit)
        _room_in(self._drawn)[unit] = found

    def tell(self, unit: tuple[int, int]) -> dict[str, Any]:
        """What is known of a unit."""
        best = self._search.best(*unit)
        drawn = self._drawn.get(unit)
        return {
            "step": self._frozen.step,
            "searched": self._search.examples,
            "images": len(self._images),
            "best": self._pictures(best),
            "drawn": unit in self._drawn,
            "picture": None if drawn is None else gray_picture(drawn.picture),
            "value": None if drawn is None else drawn.value,
        }

    def _pictures(self, best: Sequence[Excitement]) -> list[dict[str, Any]]:
        if not best:
            return []
        shape = self._frozen.net.spec.input_shape
        crops = center_crops(self._images[[one.image for one in best]], shape)
        return [
            {
                "index": one.image,
                "label": int(self._labels[one.image]),
                "value": one.value,
                "image": gray_picture(crops[0, ..., place]),
                # Rows and columns of what the unit sees, from the first to one past the last.
                "field": list(one.field),
            }
            for place, one in enumerate(best)
        ]


def _room_in(kept: dict[tuple[int, int], T]) -> dict[tuple[int, int], T]:
    """The same, without the oldest if there are many."""
    while len(kept) >= KEPT_PICTURES:
        del kept[next(iter(kept))]
    return kept
