"""What `GET /metrics` tells: the server's state, read when somebody asks, and its tally.

Nothing here runs between two scrapes, and no label holds the name of a session or a browser.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import psutil
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from server.counters import Outcome, Tally
from server.protocol.connections import Role
from server.protocol.kinds import Status
from server.sessions.registry import Registry
from server.trainers.waiting_line import Line

PREFIX = "convnet_live_"
K = TypeVar("K", bound=str)


class Metrics(Collector):
    """One application's metrics."""

    def __init__(self, sessions: Registry, line: Line, tally: Tally) -> None:
        self._sessions, self._line, self._tally = sessions, line, tally
        self._memory: Mapping[str, int] = {}
        # Not the library's global one: there may be several applications in a process.
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    async def text(self) -> bytes:
        """All metrics in Prometheus' text form."""
        # Looking through the system's processes takes a while.
        self._memory = await asyncio.to_thread(_resident_bytes)
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        yield from self._collect_state()
        yield from self._collect_tally()

    def _collect_state(self) -> Iterator[Metric]:
        sessions = list(self._sessions)
        statuses = Counter(session.status for session in sessions)
        roles = Counter(viewer.role for session in sessions for viewer in session.audience)
        speed = sum(session.examples_per_second for session in sessions)
        yield _by("sessions", "Sessions, by what they are doing.", "status", Status, statuses)
        yield _gauge("workers", "Training processes.", self._line.running)
        yield _gauge("waiting", "Sessions in line for a training process.", self._line.waiting)
        yield _by("viewers", "Open streams.", "role", Role, roles)
        yield _gauge("examples_per_second", "Speed of all sessions that train, together.", speed)
        yield _by(
            "resident_bytes",
            "Resident memory of the server, and of all processes that work for it; "
            "pages that processes share are counted in each.",
            "part",
            self._memory,
            self._memory,
        )
        yield _gauge("tasks", "Tasks on the event loop.", len(asyncio.all_tasks()))

    def _collect_tally(self) -> Iterator[Metric]:
        tally = self._tally
        yield _count("frames_sent", "Messages sent to viewers.", tally.frames_sent)
        yield _count(
            "frames_dropped",
            "Messages that a newer one of their kind replaced before they were sent.",
            tally.frames_dropped,
        )
        yield _count("sent_bytes", "Bytes of messages sent to viewers.", tally.bytes_sent)
        commands = CounterMetricFamily(
            f"{PREFIX}commands", "Commands from viewers, by how they ended.", labels=["outcome"]
        )
        for outcome in Outcome:
            commands.add_metric([outcome], tally.commands[outcome])
        yield commands
        yield _count("examples", "Examples trained on.", tally.examples)
        yield _count("worker_deaths", "Training processes that died.", tally.worker_deaths)
        yield _count(
            "thread_faults", "Unexpected errors on the server's threads.", tally.thread_faults
        )


def _resident_bytes() -> dict[str, int]:
    server = psutil.Process()
    below = 0
    for process in server.children(recursive=True):
        # It may have ended since.
        try:
            below += process.memory_info().rss
        except psutil.Error:
            continue
    return {"server": server.memory_info().rss, "workers": below}


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, about, value)


def _count(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, about, value)


def _by(name: str, about: str, label: str, known: Iterable[K], values: Mapping[K, int]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, about, labels=[label])
    for key in known:
        family.add_metric([key], values.get(key, 0))
    return family
