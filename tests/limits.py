"""Limits of the system that faults are made of."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def no_more_files(but: int = 0) -> Iterator[None]:
    """This process may open no file, or only so many, which is too few for another process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The lowest number that is free is the next to be given; all below are in use.
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + but, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def no_more_threads() -> Iterator[None]:
    """This process may start no thread: each would get a stack that no memory has room for."""
    usual = threading.stack_size(1 << 50)
    try:
        yield
    finally:
        threading.stack_size(usual)


@contextmanager
def no_more_memory(but: int = 1 << 20) -> Iterator[None]:
    """This process gets no more memory from the system, or only so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + but, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
