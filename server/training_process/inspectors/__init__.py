"""Who answers which kind of inquiry."""

from __future__ import annotations

from collections.abc import Callable

from server.protocol.inquiries import (
    ChangeInquiry,
    ExampleInquiry,
    FeatureMapInquiry,
    Inquiry,
    LayerNumbersInquiry,
    LooksForInquiry,
    UnitInquiry,
    WhyInquiry,
)
from server.training_process.inspectors.base import Inspector
from server.training_process.inspectors.example import ExampleInspector
from server.training_process.inspectors.feature_map import FeatureMapInspector
from server.training_process.inspectors.layer_numbers import LayerNumbersInspector
from server.training_process.inspectors.looks_for import LooksForInspector
from server.training_process.inspectors.unit import UnitInspector
from server.training_process.inspectors.why import ChangeInspector, WhyInspector
from server.training_process.live_run import LiveRun

INSPECTORS: dict[type[Inquiry], Callable[[LiveRun], Inspector]] = {
    ExampleInquiry: ExampleInspector,
    FeatureMapInquiry: FeatureMapInspector,
    UnitInquiry: UnitInspector,
    LooksForInquiry: LooksForInspector,
    WhyInquiry: WhyInspector,
    ChangeInquiry: ChangeInspector,
    LayerNumbersInquiry: LayerNumbersInspector,
}
