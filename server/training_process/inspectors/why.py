"""Why the network answers as it does for the example that the cards show."""

from __future__ import annotations

from typing import Any

from engine.analysis.attribution import gradient_times_ink, occlusion
from engine.analysis.smallest_change import along, smallest_change
from engine.layers import Array
from engine.network.net import Net
from server.protocol.inquiries import ChangeInquiry, WhyInquiry
from server.training_process.inspectors.base import InquiryError, Slices
from server.training_process.inspectors.frozen_net import FrozenNet
from server.training_process.inspectors.pictures import gray_picture, signed_picture
from server.training_process.live_run import LiveRun

STOPS = 51
"""Places of the slider, from the image to the changed one."""


class WhyInspector:
    """Answers with what speaks for a class: pixel by pixel, and patch by patch."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._frozen = FrozenNet(run)

    def answer(self, inquiry: WhyInquiry) -> Slices:
        """For the example shown when it is asked.

        Raises:
            InquiryError: there is no such class.
        """
        net = self._frozen.take()
        x, label = self._run.shown.get()
        about = _about(net, x, label)
        target = about["guess"] if inquiry.target is None else inquiry.target
        _check_class(net, target)
        gradient = gradient_times_ink(net, x, target)
        yield
        falls = yield from occlusion(net, x, target)
        return about | {
            "step": self._frozen.step,
            "target": target,
            "ink": signed_picture(gradient),
            "occlusion": signed_picture(falls),
        }


class ChangeInspector:
    """Answers with the smallest change towards a class that makes the network err."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._frozen = FrozenNet(run)

    def answer(self, inquiry: ChangeInquiry) -> Slices:
        """For the example shown when it is asked.

        Raises:
            InquiryError: there is no such class, or it is the answer already.
        """
        net = self._frozen.take()
        x, label = self._run.shown.get()
        about = _about(net, x, label) | {"step": self._frozen.step}
        if inquiry.target is not None:
            _check_class(net, inquiry.target)
        found = yield from smallest_change(net, x, inquiry.target)
        if found is None:
            return about | {"change": None}
        way = along(net, x, found.values, STOPS)
        return about | {
            "target": found.target,
            "change": signed_picture(found.values.sum(axis=0)),
            "size": found.size,
            "before": way[found.guess].tolist(),
            "after": way[found.target].tolist(),
        }


def _about(net: Net, x: Array, label: int | None) -> dict[str, Any]:
    scores = net.probabilities(x)[:, 0]
    return {
        "image": gray_picture(x[0, ..., 0]),
        "label": label,
        "guess": int(scores.argmax()),
        "probabilities": scores.tolist(),
    }


def _check_class(net: Net, target: int) -> None:
    classes = net.loss_layer.out_shape.depth
    if not 0 <= target < classes:
        raise InquiryError(f"There is no class {target}: they are 0 to {classes - 1}.")
