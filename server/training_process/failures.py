"""Says why a run cannot go on."""

from __future__ import annotations

import logging

from engine.data import DataError
from engine.formats import SnapshotError
from engine.layers import ShapeError
from engine.training.divergence import DivergenceError
from server.protocol.reports import Failed
from server.protocol.run_values import Divergence
from server.training_process.begin_run import DamagedCheckpoint

log = logging.getLogger(__name__)

NO_MEMORY = "There is not enough memory for this network and batch size."


def failure_of(run_id: int, error: Exception, examples: int) -> Failed:
    """The report that this error ended the run after so many examples."""
    divergence = None
    if isinstance(error, DivergenceError):
        divergence = Divergence(examples, error.step, error.learning_rate)
    unreadable = isinstance(error, DamagedCheckpoint | DataError)
    return Failed(run_id, _sentence(error), divergence, unreadable)


def _sentence(error: Exception) -> str:
    match error:
        case MemoryError():
            return NO_MEMORY
        case DivergenceError():
            reason = str(error)
            return f"{reason[:1].upper()}{reason[1:]}."
        case DamagedCheckpoint():
            return f"The newest checkpoint is damaged: {error}."
        case DataError():
            return f"The data set cannot be used: {error}."
        case SnapshotError() | ShapeError():
            return f"The network cannot be trained: {error}."
        case _:
            log.error("a run failed", exc_info=error)
            return f"An error in the program ended the run: {error!r}."
