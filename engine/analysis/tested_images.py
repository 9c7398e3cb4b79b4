"""What a full test found, image by image, and which of the images somebody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from engine.data.idx import Bytes
from engine.layers import Array

Indices = npt.NDArray[np.int64]


class ImageOrder(StrEnum):
    """What images are sorted by: their place in the test set, or how sure the network is."""

    INDEX = "index"
    CONFIDENCE = "confidence"
    """The most confident guess first."""
    DOUBT = "doubt"
    """The least confident guess first."""


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """Which images are wanted: all that every condition holds for.

    Attributes:
        truth, guess: the class that they are, and that they are taken for.
        right: whether they are recognized.
        least, most: bounds of the guess's probability; each is included.
        among: indices of the only ones that count.
    """

    truth: int | None = None
    guess: int | None = None
    right: bool | None = None
    least: float = 0.0
    most: float = 1.0
    among: Sequence[int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TestedImages:
    """The likeliest classes of every test image, with the weights of one moment.

    Attributes:
        truths: (images,) uint8, the classes that they are.
        guesses, probabilities: see `Evaluation`.
    """

    __test__ = False

    truths: Bytes
    guesses: npt.NDArray[np.uint16]
    probabilities: Array

    def __len__(self) -> int:
        return len(self.truths)

    def select(self, wanted: ImageFilter, order: ImageOrder = ImageOrder.INDEX) -> Indices:
        """Indices of the wanted images, in this order; equals are in that of the test set.

        Raises:
            IndexError: `wanted.among` names an image that there is not.
        """
        guesses, sure = self.guesses[:, 0], self.probabilities[:, 0]
        fits = (sure >= np.float32(wanted.least)) & (sure <= np.float32(wanted.most))
        if wanted.truth is not None:
            fits &= self.truths == wanted.truth
        if wanted.guess is not None:
            fits &= guesses == wanted.guess
        if wanted.right is not None:
            fits &= (guesses == self.truths) == wanted.right
        if wanted.among is not None:
            named = np.zeros_like(fits)
            named[list(wanted.among)] = True
            fits &= named
        found = np.flatnonzero(fits)
        match order:
            case ImageOrder.CONFIDENCE:
                return found[np.argsort(-sure[found], kind="stable")]
            case ImageOrder.DOUBT:
                return found[np.argsort(sure[found], kind="stable")]
            case ImageOrder.INDEX:
                return found
