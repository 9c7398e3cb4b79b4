"""Answers inquiries between two steps, without holding up the training."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Generator
from time import perf_counter

from server.protocol.encode_events import plain
from server.protocol.inquiries import Inquiry
from server.protocol.orders import Inspect
from server.protocol.reports import Inspected, Refused, Report
from server.training_process.failures import NO_MEMORY
from server.training_process.inspectors import INSPECTORS
from server.training_process.inspectors.base import Answer, InquiryError, Inspector, Slices
from server.training_process.live_run import LiveRun

log = logging.getLogger(__name__)

SHARE = 0.1
"""Of the time while the network trains; one that stands has all of it."""
MOST_WAITING = 64
BUSY = "The network is being looked at from too many sides at once. Try again in a moment."


class Inspections:
    """Inquiries that wait for their answers, oldest first; each kind has one inspector a run."""

    def __init__(self, send: Callable[[Report], None]) -> None:
        self._send = send
        self._waiting: deque[Inspect] = deque()
        self._slices: Slices | None = None
        self._run: LiveRun | None = None
        self._inspectors: dict[type[Inquiry], Inspector] = {}
        self._due = 0.0

    def __bool__(self) -> bool:
        """Whether an inquiry waits."""
        return bool(self._waiting)

    def add(self, order: Inspect) -> None:
        """Let it wait for its answer; it is refused where too many do."""
        if len(self._waiting) >= MOST_WAITING:
            self._send(Refused(order.token, BUSY))
        else:
            self._waiting.append(order)

    def refuse_all(self, reason: str) -> None:
        """There is no network to look into."""
        while self._waiting:
            self._send(Refused(self._waiting.popleft().token, reason))
        self._slices = None

    def work_if_due(self, run: LiveRun) -> None:
        """Work on the oldest, if that leaves the training its share of the time."""
        if self._waiting and perf_counter() >= self._due:
            self.work(run)

    def work(self, run: LiveRun) -> None:
        """Work on the oldest until it is answered, or for a slice. One has to wait."""
        began = perf_counter()
        order = self._waiting[0]
        reply = self._try(run, order)
        if reply is not None:
            self._waiting.popleft()
            self._slices = None
            self._send(reply)
        ended = perf_counter()
        self._due = ended + (ended - began) * (1 / SHARE - 1)

    def _try(self, run: LiveRun, order: Inspect) -> Report | None:
        """The reply, if it is ready; whatever goes wrong with it must not end the run."""
        try:
            answer = self._answer(run, order.inquiry)
            if answer is None:
                return None
            about = {"run_id": run.run_id, "step": run.training.trainer.step_count}
            text = json.dumps(plain(about | dict(answer)), allow_nan=False, separators=(",", ":"))
        except InquiryError as error:
            return Refused(order.token, str(error))
        except MemoryError:
            return Refused(order.token, NO_MEMORY)
        except Exception as error:
            log.exception("an inquiry could not be answered")
            return Refused(order.token, f"An error in the program prevents an answer: {error!r}.")
        return Inspected(order.token, text)

    def _answer(self, run: LiveRun, inquiry: Inquiry) -> Answer | None:
        if run is not self._run:
            # What has been begun for another run is begun again.
            self._run, self._inspectors, self._slices = run, {}, None
        if self._slices is None:
            kind = type(inquiry)
            if kind not in self._inspectors:
                self._inspectors[kind] = INSPECTORS[kind](run)
            answer = self._inspectors[kind].answer(inquiry)
            if not isinstance(answer, Generator):
                return answer
            self._slices = answer
        try:
            next(self._slices)
        except StopIteration as end:
            done: Answer = end.value
            return done
        return None
