"""How many cores there are to train with."""

from __future__ import annotations

import os


def cores() -> int:
    """How many cores this process may use, where the system says so; else how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
