"""Begins runs: with fresh weights, with those of an earlier run, or where a file left off."""

from __future__ import annotations

import numpy as np

from engine.data import Dataset
from engine.formats import SnapshotError, load
from engine.network.net import Net
from engine.runs.training_run import TrainingRun, initial_net
from server.protocol.orders import LoadSnapshot, StartRun
from server.protocol.reports import Started
from server.protocol.run_values import Weights
from server.training_process.full_test import FullTestRecorder
from server.training_process.graph_points import PointRecorder
from server.training_process.live_run import LiveRun


class DamagedCheckpoint(Exception):
    """What a run was to go on from is no snapshot; the message says why."""


def start_run(
    order: StartRun, before: Net | None, dataset: Dataset, processes: int
) -> tuple[LiveRun, Started]:
    """The ordered run, and what to report of its beginning.

    Args:
        before: the network of the run before, if there was one.

    Raises:
        DamagedCheckpoint: what the order wants to go on from is malformed.
    """
    try:
        return _start(order, before, dataset, processes)
    except SnapshotError as error:
        raise DamagedCheckpoint(str(error)) from None


def _start(
    order: StartRun, before: Net | None, dataset: Dataset, processes: int
) -> tuple[LiveRun, Started]:
    if order.snapshot is not None and not order.keep:
        return _go_on(order, order.snapshot, dataset, processes), Started(order.run_id)
    net = initial_net(order.spec, order.seed)
    report = Started(order.run_id)
    if order.keep:
        if before is None and order.snapshot is not None:
            before = load(order.snapshot, images=dataset.shape).net
        kept = tuple(net.adopt(before)) if before is not None else ()
        report = Started(order.run_id, weights_of(net) if kept else None, kept)
    elif order.weights is not None:
        _set_weights(net, order.weights)
    training = TrainingRun(net, dataset, order.seed, processes=processes)
    return LiveRun(order.run_id, training, dataset, order.seed), report


def load_run(order: LoadSnapshot, dataset: Dataset, processes: int) -> tuple[LiveRun, Started]:
    """The run of a file, and what to report of its beginning.

    Raises:
        SnapshotError, ShapeError: the file is refused.
    """
    snapshot = load(order.data, trainer=order.trainer, images=dataset.shape)
    training = TrainingRun.resumed(snapshot, dataset, order.seed, processes=processes)
    report = Started(order.run_id, weights_of(training.net))
    return LiveRun(order.run_id, training, dataset, order.seed), report


def weights_of(net: Net) -> Weights:
    """A copy of what a network has learned."""
    return Weights(net.params.tobytes(), net.state.tobytes())


def _set_weights(net: Net, weights: Weights) -> None:
    np.copyto(net.params, np.frombuffer(weights.params, net.params.dtype))
    np.copyto(net.state, np.frombuffer(weights.state, net.state.dtype))


def _go_on(order: StartRun, checkpoint: bytes, dataset: Dataset, processes: int) -> LiveRun:
    snapshot = load(checkpoint, images=dataset.shape)
    training = TrainingRun.resumed(snapshot, dataset, order.seed, processes=processes)
    run = LiveRun(order.run_id, training, dataset, order.seed)
    run.points = PointRecorder(order.points)
    run.full_tester.kept = FullTestRecorder(order.tests, order.tested)
    return run
