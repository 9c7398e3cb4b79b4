"""What a page takes on which everything is open: long tasks, memory, how soon a change is seen.

A real Chromium with a window so high that all is on screen, on the machine that trains. From glass
to glass is from when a training process has its numbers to when the page has painted them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, ViewportSize, sync_playwright

from benchmarks import report
from engine.data import find_full_mnist
from scripts.ensure_chromium import launch_chromium
from scripts.live_server import SAMPLE, LiveServer

INSTRUMENT = Path(__file__).parent / "instrument"
WINDOW: ViewportSize = {"width": 1400, "height": 7500}
SITUATIONS = ("closed", "open")
DETAILS = ("#why", "#looks_for", "#confusion", "#feature_map", "#drawing")
TESTED = "() => document.querySelector('[data-figure=test]').textContent.includes('%')"
# Everything but the parts that a click opens.
OPEN = """parts => {
  for (const part of parts) document.querySelector(part).open = true;
  for (const numbers of document.querySelectorAll(".layer-numbers")) numbers.open = true;
}"""
WATCH = """() => {
  window.seen = { tasks: [], painted: [] };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.seen.tasks.push(duration);
  }).observe({ type: "longtask" });
  const figure = document.querySelector("[data-figure=examples]");
  const after = new MessageChannel();
  after.port1.onmessage = ({ data }) => window.seen.painted.push([data, Date.now() / 1000]);
  new MutationObserver(() => {
    const examples = Number(figure.textContent.replace(/[^0-9]/g, ""));
    // A message is handled after the frame, in which views draw, has been painted.
    requestAnimationFrame(() => after.port2.postMessage(examples));
  }).observe(figure, { childList: true, characterData: true, subtree: true });
}"""


def open_everything(page: Page) -> None:
    """All that explains the network, each part with something in it."""
    page.evaluate(OPEN, list(DETAILS))
    page.locator("#visnet [data-index='1'] canvas").first.click(position={"x": 20, "y": 20})
    page.locator("#unit_panel").wait_for()
    page.locator("#browse_tests").click()
    page.locator("#browser_grid .test-picture").first.wait_for()
    page.locator("#plane_canvas").wait_for()
    page.locator("#why_result").wait_for()


@contextmanager
def noting(folder: Path) -> Iterator[None]:
    """Servers that start within this note when their training processes send numbers."""
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "CONVNET_NOTES")}
    os.environ |= {"PYTHONPATH": str(INSTRUMENT), "CONVNET_NOTES": str(folder)}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def sent_at(folder: Path) -> dict[int, float]:
    """When numbers were first sent, by the examples trained on by then."""
    found: dict[int, float] = {}
    for notes in folder.glob("*.txt"):
        for line in notes.read_text().splitlines():
            examples, seconds = line.split()
            found.setdefault(int(examples), float(seconds))
    return found


def delays(painted: Sequence[tuple[int, float]], sent: Mapping[int, float]) -> list[float]:
    """Milliseconds from sending to painting, sorted; of the first painting of each number."""
    first: dict[int, float] = {}
    for examples, seconds in painted:
        first.setdefault(examples, seconds)
    return sorted(
        1000 * (at - sent[examples]) for examples, at in first.items() if examples in sent
    )


def heap(session: CDPSession) -> float:
    """Megabytes that the page's scripts hold on to."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def watch(page: Page, seconds: float) -> dict[str, Any]:
    """The figures of so many seconds."""
    session = page.context.new_cdp_session(page)
    before = heap(session)
    page.evaluate(WATCH)
    page.wait_for_timeout(1000 * seconds)
    seen = page.evaluate("window.seen")
    (first, began), (last, ended) = seen["painted"][0], seen["painted"][-1]
    return {
        "painted": seen["painted"],
        "tasks": seen["tasks"],
        "examples_per_second": (last - first) / (ended - began),
        "heap_mb": (before, heap(session)),
    }


def measure(data: Path, seconds: float, situation: str) -> dict[str, Any]:
    """The figures of a page in one situation, with a server of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        noting(Path(folder)),
        LiveServer(data=data) as server,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        page = browser.new_page(viewport=WINDOW)
        page.goto(server.url)
        page.wait_for_function(TESTED, timeout=120_000)
        if situation == "open":
            open_everything(page)
        page.wait_for_timeout(5000)
        seen = watch(page, seconds)
        browser.close()
        found = delays(seen.pop("painted"), sent_at(Path(folder)))
    tasks = seen.pop("tasks")
    return {
        **seen,
        "long_tasks": len(tasks),
        "longest_task_ms": max(tasks, default=0.0),
        "delay_p50_ms": found[len(found) // 2],
        "delay_p95_ms": found[int(0.95 * len(found))],
        "delays": len(found),
    }


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.open_page", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder in MNIST's format")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each (%(default)s)")
    parser.add_argument("--situations", nargs="+", choices=SITUATIONS, default=SITUATIONS)
    parser.add_argument("--results", type=Path, default=report.RESULTS, metavar="FOLDER")
    options = parser.parse_args(given)
    data = find_full_mnist(options.data) or SAMPLE
    figures = {each: measure(data, options.seconds, each) for each in options.situations}
    rows = [
        [
            situation,
            f"{each['examples_per_second']:,.0f}",
            f"{each['delay_p50_ms']:.0f}, {each['delay_p95_ms']:.0f}",
            str(each["long_tasks"]),
            f"{each['longest_task_ms']:.0f}",
            "{:.1f}, {:.1f}".format(*each["heap_mb"]),
        ]
        for situation, each in figures.items()
    ]
    heads = (
        "page", "examples/s", "glass to glass p50, p95 ms", "long tasks", "longest ms",
        "heap MB, first and last",
    )  # fmt: skip
    print(report.table(heads, rows))
    result = {"machine": report.machine(), "seconds": options.seconds, "figures": figures}
    print(f"\n{os.path.relpath(report.save(result, 'open_page', options.results))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
