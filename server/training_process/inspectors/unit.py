"""How a unit came to its number and its gradient, for the example that the cards show."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.analysis.derivation import Box, Derivation, Place, Terms
from engine.analysis.unit_explanation import explain_unit
from engine.layers import Array
from server.protocol.inquiries import UnitInquiry
from server.training_process.inspectors.base import Answer, InquiryError
from server.training_process.live_run import LiveRun

MOST_NUMBERS = 2048
"""Of the terms' inputs, factors and parts each: those of more channels than that are left out."""
MOST_LISTED = 6
"""Terms that are named one by one: so many for, and so many against."""


class UnitInspector:
    """Answers with the sum that made the unit, and the one that made its gradient."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run

    def answer(self, inquiry: UnitInquiry) -> Answer:
        """The answer for the example shown at this moment.

        Raises:
            InquiryError: the network has no such unit.
        """
        x, label = self._run.shown.get()
        layer, place = inquiry.layer, Place(inquiry.channel, inquiry.y, inquiry.x)
        try:
            found = explain_unit(self._run.inspected, x, label, layer, place)
        except IndexError as error:
            raise InquiryError(f"The network has no such unit: {error}.") from None
        return {
            "source": self._run.shown.choice.source,
            "label": label,
            "value": short(found.value),
            "forward": _derivation(found.forward, layer - 1),
            "after": _valued(found.after, layer),
            "gradient": None if found.gradient is None else short(found.gradient),
            "backward": found.backward and _derivation(found.backward, layer + 1),
            "loss": _valued(found.loss, layer),
            "fields": [_box(box) for box in found.fields],
        }


def _valued(found: tuple[float, Derivation] | None, layer: int) -> dict[str, Any] | None:
    return found and {"value": short(found[0]), **_derivation(found[1], layer)}


def _derivation(derivation: Derivation, layer: int) -> dict[str, Any]:
    """`layer` is where its terms are."""
    return {
        "formula": derivation.formula,
        "numbers": {name: short(value) for name, value in derivation.numbers.items()},
        "terms": derivation.terms and _terms(derivation.terms, layer),
    }


def _terms(terms: Terms, layer: int) -> dict[str, Any]:
    sums = np.nansum(terms.parts, axis=(1, 2))
    kept = _largest_channels(sums, terms.parts[0].size if len(sums) else 1)
    listed = _strongest(terms) if terms.parts.size else []
    return {
        "of": terms.of,
        "how": terms.how,
        "layer": layer,
        "box": _box(terms.box),
        "channels": (kept + terms.box.channels[0]).tolist(),
        "inputs": _numbers(terms.inputs[kept]),
        "factors": None if terms.factors is None else _numbers(terms.factors[kept]),
        "parts": _numbers(terms.parts[kept]),
        "sums": _numbers(sums[kept]),
        "strongest": [_named(terms, index) for index in listed],
        "others": short(float(sums.sum() - sum(terms.parts.flat[index] for index in listed))),
    }


def _largest_channels(sums: Array, plane: int) -> Array:
    """Those that contribute most, as many as there is room for, in their order."""
    room = MOST_NUMBERS // plane
    largest: Array = np.argsort(-abs(sums), kind="stable")[:room]
    return np.sort(largest)


def _strongest(terms: Terms) -> list[int]:
    """Places, in C order, of the winner, or of the parts that are most for a sum, then against.

    A few parts are all listed, those that contribute nothing too.
    """
    flat = np.nan_to_num(terms.parts.ravel(), nan=-np.inf if terms.how == "largest" else 0)
    if terms.how == "largest":
        return [int(flat.argmax())]
    order = np.argsort(-flat, kind="stable")
    if len(order) <= 2 * MOST_LISTED:
        return [int(index) for index in order]
    best = [int(index) for index in order[:MOST_LISTED] if flat[index] > 0]
    worst = [int(index) for index in order[::-1][:MOST_LISTED] if flat[index] < 0]
    return best + worst


def _named(terms: Terms, index: int) -> dict[str, Any]:
    """One term, with the unit that it is about."""
    offset = np.unravel_index(index, terms.box.shape)
    channel, row, column = (
        int(step) + first for step, (first, _) in zip(offset, terms.box, strict=True)
    )
    factor = None if terms.factors is None else short(float(terms.factors.flat[index]))
    numbers = {"input": short(float(terms.inputs.flat[index])), "factor": factor}
    part = short(float(terms.parts.flat[index]))
    return {"channel": channel, "y": row, "x": column, **numbers, "part": part}


def _box(box: Box) -> dict[str, list[int]]:
    return {name: list(axis) for name, axis in box._asdict().items()}


def _numbers(values: Array) -> list[float]:
    return [short(value) for value in values.ravel().tolist()]


def short(value: float) -> float:
    """Seven digits: as many as single precision has."""
    return float(f"{value:.7g}")
