"""What a minute of scrolling through all test images takes: bytes, and how smooth it is.

A real Chromium turns the wheel over a page whose network stands, and over one that trains.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import report
from scripts.ensure_chromium import launch_chromium
from scripts.live_server import LiveServer

PACES = {
    "a screen a second": (400, 1000),
    "a screen in half a second": (190, 250),
    "flung": (240, 33),
}
"""How far the wheel goes at a turn, in pixels, and how many milliseconds lie between two."""
TESTED = "() => document.querySelector('[data-figure=test]').textContent.includes('%')"
WATCH = """() => {
  const seen = window.seen = { bytes: 0, requests: 0, tasks: [], frames: [], rows: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.tasks.push(duration);
  }).observe({ type: "longtask" });
  new PerformanceObserver((list) => {
    for (const { name, transferSize } of list.getEntries()) {
      if (!name.includes("/test-")) continue;
      seen.bytes += transferSize;
      seen.requests += 1;
    }
  }).observe({ type: "resource" });
  let last = performance.now();
  const frame = (now) => {
    seen.frames.push(now - last);
    last = now;
    seen.rows = Math.max(seen.rows, document.querySelectorAll("#browser_grid [role=row]").length);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def open_browser(browser: Browser, url: str, *, paused: bool) -> Page:
    """A page with all test images open, and the pointer over them."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(url)
    page.wait_for_function(TESTED, timeout=120_000)
    if paused:
        page.locator("#buttontp").click()
    page.locator("#browse_tests").click()
    page.locator("#browser_grid .test-picture").first.wait_for()
    page.locator("#browser_grid").hover()
    return page


def scroll(page: Page, pace: str, seconds: float) -> dict[str, Any]:
    """The figures of so many seconds at this pace."""
    pixels, milliseconds = PACES[pace]
    page.evaluate(WATCH)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.mouse.wheel(0, pixels)
        page.wait_for_timeout(milliseconds)
    seen = page.evaluate("window.seen")
    frames = sorted(seen["frames"])
    return {
        "pace": pace,
        "bytes": seen["bytes"],
        "requests": seen["requests"],
        "frame_p95_ms": frames[int(0.95 * len(frames))],
        "frame_p99_ms": frames[int(0.99 * len(frames))],
        "longest_task_ms": max(seen["tasks"], default=0),
        "most_rows": seen["rows"],
    }


def measure(paces: Sequence[str], seconds: float) -> list[dict[str, Any]]:
    """The figures of these paces, of a network that stands and of one that trains."""
    figures = []
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for paused in (True, False):
            for pace in paces:
                with LiveServer(data=None) as server:
                    page = open_browser(browser, server.url, paused=paused)
                    figures.append({"paused": paused, **scroll(page, pace, seconds)})
                    page.context.close()
        browser.close()
    return figures


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.scrolling", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each pace (%(default)s)")
    parser.add_argument("--pace", action="append", choices=PACES, help="all by default")
    parser.add_argument("--results", type=Path, default=report.RESULTS, metavar="FOLDER")
    options = parser.parse_args(given)
    figures = measure(options.pace or list(PACES), options.seconds)
    rows = [
        [
            f"{each['pace']}, {'paused' if each['paused'] else 'training'}",
            f"{each['bytes'] / 1e6:.2f}",
            str(each["requests"]),
            f"{each['frame_p95_ms']:.0f}, {each['frame_p99_ms']:.0f}",
            f"{each['longest_task_ms']:.0f}",
            str(each["most_rows"]),
        ]
        for each in figures
    ]
    titles = ("scrolled", "MB", "requests", "frame p95, p99 ms", "longest task ms", "most rows")
    print(report.table(titles, rows))
    result = {"machine": report.machine(), "seconds": options.seconds, "figures": figures}
    print(f"\n{os.path.relpath(report.save(result, 'scrolling', options.results))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
