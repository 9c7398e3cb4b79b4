"""The loop that every contender in Python runs; `contenders` describes its messages."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# Trains on one batch, returns the examples in it and their mean loss.
Step = Callable[[], tuple[int, float]]


def load_examples(config: dict[str, Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Images (N, side, side) float32 in -0.5..0.5, and labels (N,) int64."""
    side = config["side"]
    images = np.fromfile(Path(config["images"]), dtype="<f4").reshape(-1, side, side)
    labels = np.fromfile(Path(config["labels"]), dtype=np.uint8).astype(np.int64)
    return images, labels


def answer(said: dict[str, Any]) -> None:
    """Write one line, unbuffered."""
    print(json.dumps(said), flush=True)


def resident() -> int | None:
    """Bytes of memory that this process holds, if the system says."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return None
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def serve(prepare: Callable[[dict[str, Any]], tuple[Step, dict[str, Any]]]) -> None:
    """Prepare what the first line asks for, then train for the seconds of each further line."""
    step, about = prepare(json.loads(sys.stdin.readline()))
    answer({"ready": True, **about})
    for line in sys.stdin:
        budget = float(line)
        examples, losses = 0, []
        start = time.perf_counter()
        while True:
            count, loss = step()
            examples += count
            losses.append(loss)
            seconds = time.perf_counter() - start
            if seconds >= budget:
                break
        answer(
            {
                "examples": examples,
                "seconds": seconds,
                "loss": float(np.mean(losses)),
                "resident": resident(),
            }
        )
