"""Threads that share a batch: each runs its part through a replica of the network.

NumPy lets go of Python's lock while it computes. Two threads with half a batch each and BLAS held
to one thread beat one thread with a threaded BLAS, because only the products run inside BLAS: the
copying, pooling and activations between them are spread over the cores as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

from threadpoolctl import threadpool_limits

from engine.net import Net

Result = TypeVar("Result")

SMALLEST_PART = 4
"""Below so many examples a part is not worth a thread's waking up."""


def available_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Team:
    """Replicas of one network, one a thread. Holds BLAS to one thread in the whole process."""

    def __init__(self, net: Net, threads: int | None = None, *, own_state: bool = False) -> None:
        self.threads = threads or available_cores()
        threadpool_limits(limits=1, user_api="blas")
        self.replicas = [net.replica(own_state=own_state) for _ in range(self.threads)]
        # The calling thread works too.
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    def parts(self, count: int) -> list[slice]:
        """Cut `count` examples into contiguous parts of nearly equal size, at most one a thread."""
        number = max(1, min(self.threads, count // SMALLEST_PART))
        bounds = [count * part // number for part in range(number + 1)]
        return [slice(start, end) for start, end in pairwise(bounds)]

    def run(self, task: Callable[[Net, slice], Result], parts: list[slice]) -> list[Result]:
        """Run `task` on each part with a replica of its own; results in the order of the parts."""
        jobs = list(zip(self.replicas, parts, strict=False))
        if self._pool is None or len(jobs) == 1:
            return [task(*job) for job in jobs]
        others = [self._pool.submit(task, *job) for job in jobs[1:]]
        first = task(*jobs[0])
        return [first, *(other.result() for other in others)]
