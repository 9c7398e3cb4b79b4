"""What the questions to a run are replied with."""

from __future__ import annotations

import numpy as np

from engine.formats import SnapshotError, dump_convnetjs
from server.protocol.orders import ShowImage, TakeSnapshot
from server.protocol.reports import Guesses, Refused, Snapshot
from server.training_process.live_run import LiveRun
from server.training_process.run_events import likeliest

NO_NETWORK = "There is no network yet."


def guesses(run: LiveRun | None, order: ShowImage, shape: tuple[int, int]) -> Guesses | Refused:
    """Let the run show the image and say what it is; `shape` is that of the data set's images."""
    height, width = shape
    if run is None:
        return Refused(order.token, "There is no network that could look at it.")
    if len(order.pixels) != height * width:
        reason = f"The network looks at images of {width}x{height}, not at this one."
        return Refused(order.token, reason)
    image = np.frombuffer(order.pixels, np.uint8).reshape(shape)
    scores = run.show_image(image)
    return Guesses(order.token, likeliest(scores), tuple(scores.tolist()))


def snapshot(run: LiveRun | None, order: TakeSnapshot) -> Snapshot | Refused:
    """The run's network as a file."""
    if run is None:
        return Refused(order.token, NO_NETWORK)
    training = run.training
    if not order.convnetjs:
        return Snapshot(order.token, training.snapshot())
    try:
        data = dump_convnetjs(training.net, training.trainer.options)
    except SnapshotError as error:
        return Refused(order.token, str(error))
    return Snapshot(order.token, data)
