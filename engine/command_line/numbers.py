"""Writes accuracies for people, by the same rule as the page's `static/js/words/numbers.js`."""

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
