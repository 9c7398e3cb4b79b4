"""What a classroom costs: many viewers of some sessions, on a real server.

Everything runs on one machine, so what the viewers take is missing from the server; it is reported
too. Gaps are the times between two `stats` messages to a viewer of a session that trains; there
should be ten messages per second.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks import report
from benchmarks.viewer import find_session
from benchmarks.watcher import Watcher, watch
from engine.data import find_full_mnist
from scripts.live_server import SAMPLE, LiveServer, read_metrics

SAMPLE_SECONDS = 1.0
SETTLED = ("running", "waiting", "failed")


class Samples:
    """The server's own metrics, sampled once per second."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.taken: list[dict[str, float]] = []

    async def take(self) -> dict[str, float]:
        """Read the metrics now, by name and label: `sessions:running`."""
        text = (await self._client.get("/metrics")).raise_for_status().text
        sample = read_metrics(text)
        self.taken.append(sample)
        return sample

    async def follow(self, seconds: float) -> None:
        """Sample them for this long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            await asyncio.sleep(min(left, SAMPLE_SECONDS))
            await self.take()

    def rose(self, name: str) -> float:
        """By how much a metric rose from the first sample to the last."""
        return self.taken[-1][name] - self.taken[0][name]

    def mean(self, name: str) -> float:
        """Mean of all samples."""
        return statistics.fmean(sample[name] for sample in self.taken)

    def memory(self, part: str) -> dict[str, float]:
        """Megabytes at the start and the end (medians of a fifth of the samples), and the most."""
        megabytes = [sample[f"resident_bytes:{part}"] / 1e6 for sample in self.taken]
        fifth = max(1, len(megabytes) // 5)
        first, last = (statistics.median(m) for m in (megabytes[:fifth], megabytes[-fifth:]))
        return {"first": first, "last": last, "growth": last - first, "most": max(megabytes)}


def open_session(server: LiveServer) -> tuple[str, str]:
    """The session of a new browser: its stream's path, and the browser's cookie."""
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        page = client.get("/").raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return f"/api/sessions/{find_session(page.text, client)}/stream", cookie


async def open_viewers(
    server: LiveServer, viewers: int, sessions: int, *, pictures: bool
) -> list[Watcher]:
    """Spread viewers over sessions: the first of each is its owner, the others are spectators."""
    watchers: list[Watcher] = []
    doors: list[tuple[str, str | None]] = []
    for number in range(viewers):
        if number < sessions:
            path, cookie = open_session(server)
            watcher = await watch(server.port, path, cookie, pictures=pictures)
            link = watcher.session.get("watch")
            doors.append((f"/api{link}/stream", None) if link else (path, cookie))
        else:
            path, key = doors[number % sessions]
            watcher = await watch(server.port, path, key, pictures=pictures)
        watchers.append(watcher)
    return watchers


async def settle(watchers: Sequence[Watcher], seconds: float) -> None:
    """Wait until every session trains or waits in line, then until speeds have settled."""
    while any(watcher.session["status"] not in SETTLED for watcher in watchers):
        await asyncio.sleep(0.1)
    await asyncio.sleep(seconds)


async def measure(server: LiveServer, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one load."""
    watchers = await open_viewers(
        server, options.viewers, options.sessions, pictures=not options.no_pictures
    )
    await settle(watchers, options.settle)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as client:
        samples = Samples(client)
        await samples.take()
        for watcher in watchers:
            watcher.begin()
        own, start = time.process_time(), time.perf_counter()
        await samples.follow(options.seconds)
        seconds, own = time.perf_counter() - start, time.process_time() - own
    lost = sum(watcher.ended.done() for watcher in watchers)
    for watcher in watchers:
        watcher.close()
    return {
        "machine": report.machine(),
        "viewers": options.viewers,
        "sessions": options.sessions,
        "seconds": seconds,
        "viewers_lost": lost,
        **viewed(watchers, seconds),
        **served(samples, seconds),
        "viewers_cores": own / seconds,
    }


def viewed(watchers: Sequence[Watcher], seconds: float) -> dict[str, Any]:
    """What the viewers saw."""
    training = [watcher for watcher in watchers if watcher.session["status"] == "running"]
    waiting = [watcher for watcher in watchers if watcher.session["status"] == "waiting"]
    gaps = [
        1000 * (later - earlier)
        for watcher in training
        for earlier, later in itertools.pairwise(watcher.arrivals)
    ]
    rates = [watcher.bytes / seconds for watcher in training]
    return {
        "gap_ms": percentiles(gaps),
        "stats_a_second": len(gaps) / seconds / max(1, len(training)),
        "bytes_a_second": report.summary(rates) if rates else None,
        "viewers_training": len(training),
        "viewers_waiting": len(waiting),
        "viewers_told_their_place": sum("place" in watcher.session for watcher in waiting),
    }


def served(samples: Samples, seconds: float) -> dict[str, Any]:
    """What the server reports about itself."""
    return {
        "sessions_training": samples.taken[-1]["sessions:running"],
        "sessions_waiting": samples.taken[-1]["waiting"],
        "frames_sent_a_second": samples.rose("frames_sent_total") / seconds,
        "frames_dropped_a_second": samples.rose("frames_dropped_total") / seconds,
        "examples_a_second": samples.rose("examples_total") / seconds,
        "server_cores": samples.rose("process_cpu_seconds_total") / seconds,
        "server_memory": samples.memory("server"),
        "workers_memory": samples.memory("workers"),
    }


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """The 50th, 95th and 99th percentiles and the largest; None for fewer than two values."""
    if len(values) < 2:
        return None
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "most": max(values)}


def rows(result: dict[str, Any]) -> list[list[str]]:
    """The figures as lines of the table."""
    gaps, rates = result["gap_ms"], result["bytes_a_second"]
    memory = "{first:,.0f} -> {last:,.0f} MB, at most {most:,.0f}"
    told, waiters = result["viewers_told_their_place"], result["viewers_waiting"]
    training, waiting = result["sessions_training"], result["sessions_waiting"]
    figures = {
        "viewers": f"{result['viewers']}, {result['viewers_lost']} lost; "
        f"{told} of {waiters} who wait know their place",
        "sessions": f"{training:.0f} train, {waiting:.0f} wait",
        "gap p50, p95, p99, most": gaps
        and "{p50:.0f}, {p95:.0f}, {p99:.0f}, {most:.0f} ms".format(**gaps),
        "one viewer's stream": rates
        and f"{rates['median'] / 1e3:,.0f} KB/s, at most {rates['maximum'] / 1e3:,.0f}",
        "messages sent": f"{result['frames_sent_a_second']:,.0f} per second",
        "messages dropped": f"{result['frames_dropped_a_second']:,.1f} per second",
        "examples in all": f"{result['examples_a_second']:,.0f} per second",
        "server's memory": memory.format(**result["server_memory"]),
        "workers' memory": memory.format(**result["workers_memory"]),
        "cores taken": f"server {result['server_cores']:.2f}, "
        f"these viewers {result['viewers_cores']:.2f}",
    }
    return [[name, figure or "-"] for name, figure in figures.items()]


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--viewers", type=int, default=100, metavar="V", help="(%(default)s)")
    parser.add_argument(
        "--sessions", type=int, default=1, metavar="S", help="that the viewers share (%(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=60.0, metavar="T", help="(%(default)s)")
    parser.add_argument(
        "--settle", type=float, default=5.0, metavar="T", help="seconds before (%(default)s)"
    )
    parser.add_argument(
        "--running", type=int, metavar="N", help="sessions that may train; the server's default"
    )
    parser.add_argument(
        "--no-pictures", action="store_true", help="viewers show no layers instead of all"
    )
    parser.add_argument(
        "--data", type=Path, help="folder in MNIST's format (default: what is found)"
    )
    parser.add_argument("--results", type=Path, default=report.RESULTS, metavar="FOLDER")
    options = parser.parse_args(given)
    running = ["--running", str(options.running)] if options.running else []
    with LiveServer(*running, data=find_full_mnist(options.data) or SAMPLE) as server:
        result = asyncio.run(measure(server, options))
    print(report.table(("load", "figure"), rows(result)))
    print(os.path.relpath(report.save(result, "load", options.results)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
