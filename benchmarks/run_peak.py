"""Contender: NumPy's own single-precision matrix product, the machine's ceiling on all cores.

One "example" is one floating-point operation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.running import Step, serve

SIDE = 1024


def prepare(config: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((SIDE, SIDE), dtype=np.float32)
    b = rng.standard_normal((SIDE, SIDE), dtype=np.float32)
    out = np.empty_like(a)

    def step() -> tuple[int, float]:
        np.matmul(a, b, out=out)
        return 2 * SIDE**3, 0.0

    return step, {"numpy": np.__version__}


if __name__ == "__main__":
    serve(prepare)
