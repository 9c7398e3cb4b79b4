"""How the numbers of each layer develop: a sample now and then, while somebody looks at them."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from engine.analysis.layer_health import HEALTHY_UPDATES, Finding, findings, lasting
from engine.analysis.layer_numbers import (
    Histogram,
    LayerNumbers,
    layer_numbers,
    with_units_active_before,
)
from engine.analysis.layer_times import layer_seconds, timing_replica
from server.protocol.inquiries import LayerNumbersInquiry
from server.training_process.inspectors.base import Answer, InquiryError, Slices
from server.training_process.live_run import LiveRun

LOOK_IMAGES = 32
"""Validation images that a look measures, each time others: few enough not to hold up training."""
LOOKS = 4
"""A unit is dead that was active in none of so many looks. A history begins with all of them."""
TIMED_IMAGES = 16
TIMED_PASSES = 6
"""How long a layer takes is the least of so many passes: an interrupted one takes any longer time.
It changes little as the network learns, and is measured once for a history."""
LOOK_INTERVAL = 0.8
"""Seconds between two samples while the network trains."""
MOST_SAMPLES = 64
"""Beyond these every second one is dropped, and from then on only every second one is kept."""
AGREEING = 3
"""So many of the newest samples must show a trouble before it is told, so that no hint flickers."""
FORGOTTEN_SECONDS = 30.0
"""When nobody has looked for so long, the next look begins another history."""


@dataclass(frozen=True, eq=False)
class Sample:
    """All layers at one moment."""

    number: int
    examples: int
    layers: list[LayerNumbers]
    found: list[list[Finding]]


class NumberHistory:
    """Samples from the first look on, evenly thinned so that it never holds more than a few.

    Attributes:
        id: names the history in inquiries and answers; another for each.
        every: only each so manieth sample is kept, besides the newest.
    """

    def __init__(self) -> None:
        self.id = secrets.randbelow(2**48) + 1
        self.every = 1
        self.samples: list[Sample] = []

    def add(self, sample: Sample) -> None:
        """Keep a sample; its number is one more than that of the newest."""
        self.samples = [each for each in self.samples if each.number % self.every == 0]
        if len(self.samples) >= MOST_SAMPLES:
            self.every *= 2
            self.samples = [each for each in self.samples if each.number % self.every == 0]
        self.samples.append(sample)


class LayerNumbersInspector:
    """Takes the samples, and answers with one layer's part of those that the viewer lacks."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._asked = perf_counter()
        self._begin()

    def _begin(self) -> None:
        self._history = NumberHistory()
        self._looks: deque[list[LayerNumbers]] = deque(maxlen=LOOKS)
        self._seconds: list[list[float]] = []
        self._found: deque[list[list[Finding]]] = deque(maxlen=AGREEING)
        self._images = 0
        self._samples = 0
        self._step = -1
        self._next = 0.0

    def answer(self, inquiry: LayerNumbersInquiry) -> Slices:
        """See `LayerNumbersInquiry`; a sample is taken first, if it is time for one."""
        if not 0 <= inquiry.layer < len(self._run.training.net.layers):
            raise InquiryError(f"There is no layer {inquiry.layer}.")
        now = perf_counter()
        if now > self._asked + FORGOTTEN_SECONDS:
            self._begin()
        self._asked = now
        return self._answer(inquiry, now)

    def _answer(self, inquiry: LayerNumbersInquiry, now: float) -> Slices:
        if self._run.training.trainer.step_count != self._step and now >= self._next:
            yield from self._take_sample()
            self._next = perf_counter() + LOOK_INTERVAL
        return self._told(inquiry)

    def _take_sample(self) -> Generator[None]:
        if not self._seconds:
            yield from self._time_layers()
        self._look()
        while len(self._looks) < LOOKS:
            yield
            self._look()
        trainer = self._run.training.trainer
        *earlier, newest = self._looks
        layers = with_units_active_before(newest, earlier)
        at_full_rate = trainer.learning_rate >= trainer.options.learning_rate
        found = findings(layers, images=self._images_of_looks, at_full_rate=at_full_rate)
        self._found.append(found)
        sample = Sample(self._samples, trainer.examples_seen, layers, lasting(self._found))
        self._history.add(sample)
        self._samples += 1
        self._step = trainer.step_count
        trainer.note_next_update()

    @property
    def _images_of_looks(self) -> int:
        return LOOKS * self._run.training.at_once(LOOK_IMAGES)

    def _look(self) -> None:
        training = self._run.training
        batch = training.sampler.validation_from(self._images, training.at_once(LOOK_IMAGES))
        self._images += len(batch)
        # A new replica each time: it needs much memory, which is then free again at once.
        update = training.trainer.noted_update
        self._looks.append(layer_numbers(training.net.replica(), batch.x, batch.labels, update))

    def _time_layers(self) -> Generator[None]:
        training = self._run.training
        wanted = min(TIMED_IMAGES, training.trainer.options.batch_size)
        batch = training.sampler.validation_from(0, training.at_once(wanted))
        replica = timing_replica(training.net)
        for _ in range(TIMED_PASSES):
            self._seconds.append(layer_seconds(replica, batch.x, batch.labels))
            yield

    def _told(self, inquiry: LayerNumbersInquiry) -> Answer:
        history, layer = self._history, inquiry.layer
        after = inquiry.after if inquiry.history == history.id else -1
        least = np.min(self._seconds, axis=0)
        return {
            "history": history.id,
            "every": history.every,
            "samples": [
                _plain(sample, layer) for sample in history.samples if sample.number > after
            ],
            "found": [
                {"trouble": each.trouble.value, "value": each.value}
                for each in history.samples[-1].found[layer]
            ],
            "time_share": float(least[layer] / least.sum()),
            "images": self._images_of_looks,
            "current": self._step == self._run.training.trainer.step_count,
            "healthy_updates": list(HEALTHY_UPDATES),
        }


def _plain(sample: Sample, layer: int) -> dict[str, Any]:
    numbers = sample.layers[layer]
    spreads = {name: getattr(numbers, name) for name in ("weights", "activations", "gradients")}
    ratios = ("dead", "saturated", "update_ratio", "gradient_ratio")
    return {
        "number": sample.number,
        "examples": sample.examples,
        **{name: _plain_spread(spread) for name, spread in spreads.items()},
        **{name: _short(getattr(numbers, name)) for name in ratios},
    }


def _plain_spread(spread: Histogram | None) -> dict[str, Any] | None:
    """Shares as square roots in 255ths, which is as fine as they are drawn."""
    if spread is None:
        return None
    roots = np.rint(np.sqrt(spread.shares) * 255).astype(int).tolist()
    return {"low": _short(spread.low), "high": _short(spread.high), "roots": roots}


def _short(value: float | None) -> float | None:
    """A number with as many digits as can be seen in a chart: a history holds thousands."""
    return None if value is None else float(f"{value:.4g}")
