"""Makes sure that no process outlives the one that it works for, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with(owner: int) -> None:
    """Have the system kill this process when its parent, the process `owner`, ends.

    A pipe to the owner breaks then too, but a stopped process does not notice. On systems other
    than Linux the pipe has to do. See prctl(2).
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != owner:
        # It has already ended.
        os._exit(0)
