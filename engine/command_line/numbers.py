"""Writes accuracies and probabilities as the page does in `static/js/words/numbers.js`."""

from __future__ import annotations

import math


def accuracy_text(share: float, images: int) -> str:
    """A percentage with as many digits as the number of images that it covers justifies.

    The last digit stands for at least one image. All were right only where it says 100%.
    """
    if share >= 1:
        return "100%"
    digits = max(0, math.floor(math.log10(max(images, 1))) - 2)
    return f"{min(100 * share, 100 - 10**-digits):.{digits}f}%"


def probability_text(share: float) -> str:
    """A probability in whole percent; no rounding makes it certain."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{100 * share:.0f}%"
