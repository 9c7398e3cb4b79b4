"""Notes when a training process sends its numbers, for `benchmarks.open_page`.

That puts this folder on the path of the server it measures, so that the product itself needs no
clock for it. Python imports this module in every process at its start.
"""

from __future__ import annotations

import os
import time
from multiprocessing import connection
from pathlib import Path
from typing import Any

NOTES = os.environ.get("CONVNET_NOTES")


def note_sending(folder: Path) -> None:
    """From now on write (examples, seconds since 1970) to a file, for each report with progress."""
    send = connection.Connection.send
    notes = (folder / f"{os.getpid()}.txt").open("a", buffering=1)

    def noted(self: Any, report: Any) -> None:
        progress = getattr(report, "progress", None)
        if progress is not None:
            notes.write(f"{progress.examples} {time.time()}\n")
        send(self, report)

    connection.Connection.send = noted  # type: ignore[assignment,method-assign]


if NOTES:
    note_sending(Path(NOTES))
