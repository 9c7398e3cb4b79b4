"""Main function of the training process: its pipe, and what it is started with."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np

from server.child_process import settle_in
from server.logs import LogSettings
from server.protocol.orders import Order, Ping, Withdraw
from server.protocol.reports import Pong, Report
from server.training_process.data_places import DataPlace, DataPlaces
from server.training_process.order_queue import OrderQueue
from server.training_process.worker import Worker

NICENESS = 5
"""The processor is the server's, and so the stream's, whenever that wants it."""
OUT_OF_MEMORY = 12
"""Exit code of a process that has no memory to read its orders."""


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """What a training process is started with.

    Attributes:
        memory_bytes: bound on its address space, where the system has one.
        processes: how many it may compute with, itself and its helpers.
        checkpoint_seconds: so much training lies between two checkpoints, or more where they are
            large.
        logs: how to log; None for Python's own way.
    """

    memory_bytes: int
    processes: int
    checkpoint_seconds: float
    logs: LogSettings | None = None


def run_worker(pipe: Connection, config: WorkerConfig, owner: int) -> None:
    """Main function of a process of `owner`; returns when it is told to finish."""
    settle_in(owner, config.logs, NICENESS, config.memory_bytes)
    # Numbers that overflow are found by looking at the loss.
    np.seterr(all="ignore")
    inbox: OrderQueue[Order] = OrderQueue()
    lock = threading.Lock()

    def send(report: Report | Pong) -> None:
        with lock:
            pipe.send(report)

    places = DataPlaces()
    worker = Worker(inbox, send, places, config.processes, config.checkpoint_seconds)
    receiving = (pipe, inbox, worker, places, send)
    threading.Thread(target=_receive, args=receiving, daemon=True).start()
    # A broken pipe means that the parent is gone, as in `_receive`.
    with suppress(BrokenPipeError):
        worker.work()
    worker.close()


def _receive(
    pipe: Connection,
    inbox: OrderQueue[Order],
    worker: Worker,
    places: DataPlaces,
    send: Callable[[Pong], None],
) -> None:
    try:
        # Loading took a while: from now on the parent may expect to hear from this process.
        send(Pong(0, worker.signs, worker.is_busy))
        while True:
            match pipe.recv():
                case Ping(orders):
                    send(Pong(orders, worker.signs, worker.is_busy))
                case Withdraw(token):
                    inbox.withdraw(token)
                case DataPlace() as place:
                    places.learn(place)
                case order:
                    inbox.put(order)
    except (EOFError, OSError):
        # The parent is gone, and with it everyone who could want this process.
        os._exit(0)
    except MemoryError:
        # Of an order that was read by half, neither it nor what follows can be read any more.
        os._exit(OUT_OF_MEMORY)
