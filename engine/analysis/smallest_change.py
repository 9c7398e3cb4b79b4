"""The smallest change of an image that makes a network take it for another class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.analysis.slices import Slices
from engine.layers import Array
from engine.network.net import Net
from engine.network.part_way import forward_to, input_gradient, score_layer

DARKEST, BRIGHTEST = -0.5, 0.5
"""A changed image is an image too: its pixels stay within these."""
CROSSINGS, REFINEMENTS = 50, 12
SHARES = (1.0, 0.5, 0.25, 0.1)
"""How far to turn towards where the border seems nearest; too far, and it is bent away."""
OVERSHOOT = 1.02
"""Steps go this much further than to where the classes would be equal, as in DeepFool."""
GAIN = 0.01
"""A change that is smaller by less than this share is not worth the passes to find it."""
PRECISION = 1e-3
"""How much smaller a change, relative to the one found, is known not to suffice."""


@dataclass(frozen=True, eq=False)
class Change:
    """Added to the image, it makes the network answer `target`.

    Attributes:
        guess: the answer to the image as it is.
        target: the answer to the changed one.
        values: (C, H, W), in the network's units (black is -0.5, white 0.5).
    """

    guess: int
    target: int
    values: Array

    @property
    def size(self) -> float:
        """Its Euclidean length."""
        return float(np.linalg.norm(self.values))


def smallest_change(net: Net, x: Array, target: int | None = None) -> Slices[Change | None]:
    """The smallest change, by Euclidean length, that makes a network answer `target`.

    Walks over the border between the classes by steps that would get there if the network were
    linear: Moosavi-Dezfooli, Fawzi and Frossard, "DeepFool" (2016). From there it looks for a
    nearer part of the border, where the slopes say that it is, as in the search for a design point
    of Rackwitz and Fiessler, "Structural reliability under combined random load sequences" (1978).
    Halving finds the border itself. All steps keep to pixels that an image can have.

    That there is no smaller change anywhere else nobody can tell.

    Args:
        net: keeps its weights until the end; its buffers and gradients are overwritten.
        x: the example, (C, H, W, 1), with pixels from -0.5 to 0.5.
        target: another class than the network's answer; by default the one that looks nearest.

    Returns:
        None where none was found, or `target` is the network's answer already.
    """
    guess = answer(net, x)
    target = nearest_class(net, x, guess) if target is None else target
    if target is None or target == guess:
        return None
    change = yield from _cross(net, x, target)
    if change is None:
        return None
    change = _to_border(net, x, change, target, GAIN)
    for _ in range(REFINEMENTS):
        yield
        smaller = _smaller(net, x, change, target)
        if smaller is None:
            break
        change = smaller
    return Change(guess, target, _to_border(net, x, change, target, PRECISION)[..., 0])


def answer(net: Net, x: Array) -> int:
    """The class that a network takes one example (C, H, W, 1) for."""
    return int(_scores(net, x).argmax())


def along(net: Net, x: Array, change: Array, steps: int) -> Array:
    """Probabilities (classes, steps) from the image (C, H, W, 1) to the changed one."""
    shares = np.linspace(0, 1, steps, dtype=x.dtype)
    return net.probabilities(x + change[..., None] * shares)


def nearest_class(net: Net, x: Array, guess: int) -> int | None:
    """The class whose border with `guess` looks nearest, judged by the gradients at the image.

    None if no gradient leads to any: the scores do not depend on the image.
    """
    last = score_layer(net)
    classes = net.layers[last].out_shape.depth
    # All gradients in one pass: the image once for each class, and of each its own score.
    scores = forward_to(net, last, np.repeat(x, classes, axis=3))
    dy = np.zeros_like(scores)
    dy[range(classes), 0, 0, range(classes)] = 1
    gaps = (scores[guess, 0, 0, 0] - scores[:, 0, 0, 0]).astype(np.float64)
    gradients = input_gradient(net, last, dy).reshape(-1, classes).astype(np.float64)
    slopes = np.linalg.norm(gradients - gradients[:, [guess]], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.where(slopes > 0, gaps / slopes, np.inf)
    distances[guess] = np.inf
    nearest = int(distances.argmin())
    return nearest if np.isfinite(distances[nearest]) else None


def _cross(net: Net, x: Array, target: int) -> Slices[Array | None]:
    """Some change with which the network answers `target`."""
    at = x
    for _ in range(CROSSINGS):
        yield
        gap, slope = _gap(net, at, target)
        step = _least(slope, OVERSHOOT * gap, DARKEST - at, BRIGHTEST - at)
        if step is None:
            return None
        at = at + step.astype(x.dtype)
        if answer(net, at) == target:
            change: Array = at - x
            return change
    return None


def _smaller(net: Net, x: Array, change: Array, target: int) -> Array | None:
    """A change on the border that is clearly smaller than this one; None where none is found."""
    gap, slope = _gap(net, x + change, target)
    needed = gap + float(np.vdot(slope, change))
    best = _least(slope, needed, DARKEST - x, BRIGHTEST - x)
    length = np.linalg.norm(change) * (1 - GAIN)
    for share in () if best is None else SHARES:
        turned = change + share * (best - change)
        turned *= length / np.linalg.norm(turned)
        tried = np.clip(turned, DARKEST - x, BRIGHTEST - x).astype(x.dtype)
        if answer(net, x + tried) == target:
            return _to_border(net, x, tried, target, GAIN)
    return None


def _gap(net: Net, at: Array, target: int) -> tuple[float, Array]:
    """By how much the score of `target` lies behind, and what raises it: (C, H, W, 1)."""
    last = score_layer(net)
    scores = forward_to(net, last, at)
    # Of the others the one that is ahead at this place, be it the first answer or a third class.
    rival = int(np.where(np.arange(len(scores)) == target, -np.inf, scores[:, 0, 0, 0]).argmax())
    gap = float(scores[rival, 0, 0, 0] - scores[target, 0, 0, 0])
    dy = np.zeros_like(scores)
    dy[target], dy[rival] = 1, -1
    return gap, input_gradient(net, last, dy).astype(np.float64)


def _least(slope: Array, needed: float, low: Array, high: Array) -> Array | None:
    """The smallest change between `low` and `high` with slope . change = needed.

    It is the slope times some factor, cut off at the bounds: the factor is found by halving.
    """
    if not np.isfinite(needed) or not np.isfinite(slope).all() or needed <= 0:
        return None
    reach = np.where(slope > 0, high, low)
    if not np.vdot(slope, reach) > needed:
        return None
    small, large = 0.0, needed / float(np.vdot(slope, slope))
    while np.vdot(slope, np.clip(large * slope, low, high)) < needed:
        small, large = large, 2 * large
    for _ in range(24):
        middle = (small + large) / 2
        if np.vdot(slope, np.clip(middle * slope, low, high)) < needed:
            small = middle
        else:
            large = middle
    cut: Array = np.clip(large * slope, low, high)
    return cut


def _to_border(net: Net, x: Array, change: Array, target: int, precision: float) -> Array:
    """The least share of a change that still makes the network answer `target`."""
    short, enough, best = 0.0, 1.0, change
    while enough - short > precision * enough:
        share = (short + enough) / 2
        tried = change * x.dtype.type(share)
        if answer(net, x + tried) == target:
            enough, best = share, tried
        else:
            short = share
    return best


def _scores(net: Net, x: Array) -> Array:
    return forward_to(net, score_layer(net), x)[:, 0, 0]
