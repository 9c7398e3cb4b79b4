"""What is wrong with a layer, judged by its numbers: only what a student should act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.analysis.layer_numbers import LayerNumbers

HEALTHY_UPDATES = (1e-4, 1e-2)
"""An update is best about a thousandth of the weights: Stanford's CS231n, "Neural networks 3: ratio
of weights:updates". The band is a factor of ten to either side, as its rule is only a rough one."""
LARGEST_UPDATE, SMALLEST_UPDATE = 0.1, 1e-6
"""Far outside that band something is wrong. The networks that come with the program learn well with
ratios of up to 0.08 in their first steps, and down to 3e-5 while their learning rate warms up."""
MOST_DEAD = 0.25
"""With too large a learning rate "as much as 40% of your network can be dead", says CS231n, "Neural
networks 1: ReLU". Of the networks that come with the program, which all learn well, the multilayer
perceptron loses most: not quite a quarter."""
LEAST_IMAGES = 64
"""With fewer examples a unit that is active for one in a hundred would often be called dead."""
MOST_SATURATED = 0.75
"""Saturated units pass hardly any gradient on: Glorot and Bengio, "Understanding the difficulty of
training deep feedforward neural networks" (2010), section 3. LeNet-5 learns well with three
fifths of the outputs of a tanh saturated."""
VANISHING, EXPLODING = 1e-4, 1e3
"""How much less or more a layer's weights are pulled at than the last layer's, of gradients that
fade or grow on their way back: Glorot and Bengio (2010), section 4.2; Pascanu, Mikolov and Bengio,
"On the difficulty of training recurrent neural networks" (2013). In networks that learn well, the
layers differ by less than a factor of 100."""


class Trouble(StrEnum):
    """What can be wrong with a layer."""

    DEAD = "dead"
    SATURATED = "saturated"
    LARGE_UPDATES = "large_updates"
    SMALL_UPDATES = "small_updates"
    EXPLODING = "exploding"
    VANISHING = "vanishing"


@dataclass(frozen=True)
class Finding:
    """One trouble, and how bad it is: the share of units, or the ratio, that shows it."""

    trouble: Trouble
    value: float


def findings(
    numbers: Sequence[LayerNumbers], *, images: int = LEAST_IMAGES, at_full_rate: bool = True
) -> list[list[Finding]]:
    """What is wrong with each layer, the likeliest cause first; mostly nothing.

    Args:
        numbers: of all the layers of a network.
        images: for how many examples units have been looked at.
        at_full_rate: whether the learning rate is as high as it was set, not lowered by a schedule:
            updates that are small by design are no trouble.
    """
    pulls = [layer.gradient_ratio for layer in numbers if layer.gradient_ratio is not None]
    last = pulls[-1] if pulls else None
    return [
        [
            *_of_outputs(layer, images),
            *_of_gradients(layer, last),
            *_of_updates(layer, at_full_rate),
        ]
        for layer in numbers
    ]


def lasting(found: Sequence[list[list[Finding]]]) -> list[list[Finding]]:
    """The newest, last, of what was found at several moments, without what not all of them show."""
    return [
        [each for each in layer if all(_shows(earlier[index], each) for earlier in found)]
        for index, layer in enumerate(found[-1])
    ]


def _shows(found: list[Finding], wanted: Finding) -> bool:
    return any(each.trouble is wanted.trouble for each in found)


def _of_outputs(layer: LayerNumbers, images: int) -> list[Finding]:
    found = []
    if layer.dead is not None and layer.dead >= MOST_DEAD and images >= LEAST_IMAGES:
        found.append(Finding(Trouble.DEAD, layer.dead))
    if layer.saturated is not None and layer.saturated >= MOST_SATURATED:
        found.append(Finding(Trouble.SATURATED, layer.saturated))
    return found


def _of_gradients(layer: LayerNumbers, last: float | None) -> list[Finding]:
    pull = layer.gradient_ratio
    if pull is None or not last:
        return []
    if pull > EXPLODING * last:
        return [Finding(Trouble.EXPLODING, pull / last)]
    return [Finding(Trouble.VANISHING, pull / last)] if pull < VANISHING * last else []


def _of_updates(layer: LayerNumbers, at_full_rate: bool) -> list[Finding]:
    ratio = layer.update_ratio
    if ratio is None:
        return []
    if ratio > LARGEST_UPDATE:
        return [Finding(Trouble.LARGE_UPDATES, ratio)]
    if ratio < SMALLEST_UPDATE and at_full_rate:
        return [Finding(Trouble.SMALL_UPDATES, ratio)]
    return []
