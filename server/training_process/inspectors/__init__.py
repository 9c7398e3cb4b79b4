"""Who answers which kind of inquiry."""

from __future__ import annotations

from collections.abc import Callable

from server.protocol.inquiries import ExampleInquiry, Inquiry
from server.training_process.inspectors.base import Inspector
from server.training_process.inspectors.example import ExampleInspector
from server.training_process.live_run import LiveRun

INSPECTORS: dict[type[Inquiry], Callable[[LiveRun], Inspector]] = {
    ExampleInquiry: ExampleInspector,
}
