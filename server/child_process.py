"""What each process that works for the server does first: end with it, and take less than it."""

from __future__ import annotations

import os
import signal

from engine.training.end_with_owner import end_with
from server.logs import LogSettings, set_up


def settle_in(owner: int, logs: LogSettings | None, niceness: int, memory_bytes: int) -> None:
    """Make this process end with its parent `owner`, log like it, and take less than it.

    niceness: how far behind the server it stands when both want the processor.
    memory_bytes: bound on its address space, where the system has one.
    logs: None for Python's own way.
    """
    end_with(owner)
    # Ctrl-C in a terminal reaches the whole group; the server decides when its processes end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        # So does the end of a terminal.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if logs is not None:
        set_up(logs)
    if hasattr(os, "nice"):
        os.nice(niceness)
    _bound_memory(memory_bytes)


def _bound_memory(size: int) -> None:
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
