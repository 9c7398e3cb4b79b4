"""A program that hangs ends all the same, once it was told to."""

from __future__ import annotations

import subprocess
import sys

from server.deadline import EXIT_CODE

HANGING = """
import signal, threading
from server.deadline import Deadline
deadline = Deadline(0.1)
signal.signal(signal.SIGTERM, lambda number, frame: deadline.begin())
print("ready", flush=True)
while True:
    threading.Event().wait()
"""


def test_a_program_that_hangs_ends_with_its_deadline() -> None:
    with subprocess.Popen([sys.executable, "-c", HANGING], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert process.poll() is None
        process.terminate()
        process.terminate()
        assert process.wait(60) == EXIT_CODE
