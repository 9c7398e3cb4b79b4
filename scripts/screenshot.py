"""Takes the README's screenshots: the page in light and dark mode, and parts of it in use."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

# Run as a script from anywhere, it finds `scripts` only like this.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.ensure_chromium import ensure_chromium
from scripts.live_server import LiveServer

ROOT = Path(__file__).resolve().parent.parent
Scheme = Literal["light", "dark"]
PICTURES: dict[Scheme, str] = {"light": "screenshot.png", "dark": "screenshot-dark.png"}
WIDTH, HEIGHT = 1280, 2080
# Long enough for the curves to have a shape.
ENOUGH = r"""count => {
  const said = document.querySelector("#trainstats").innerText;
  const found = said.match(/examples seen\W*([\d,]+)/i);
  return found && Number(found[1].replaceAll(",", "")) >= count;
}"""
# Samples enough to see how numbers develop.
LONG_ENOUGH = "element => Number(element.dataset.samples) >= 40"


def show_layer_numbers(page: Page) -> bytes:
    """The first convolution and its relu in numbers, once these have developed for a while."""
    for layer in (1, 2):
        page.locator(f"#visnet [data-index='{layer}'] .layer-numbers summary").click()
    charts = page.locator("#visnet [data-index='1'] .layer-numbers")
    charts.locator("[data-number=weights]").wait_for()
    page.wait_for_function(LONG_ENOUGH, arg=charts.element_handle(), timeout=300_000)
    picture = page.locator("#visnet [data-index='1']").screenshot()
    for layer in (1, 2):
        page.locator(f"#visnet [data-index='{layer}'] .layer-numbers summary").click()
    return picture


SCENES: dict[str, Callable[[Page], bytes]] = {"layer-numbers.png": show_layer_numbers}
"""What is shown of the page in use, each after the one before."""


def open_page(browser: Browser, url: str, scheme: Scheme, count: int) -> Page:
    """The page after `count` examples."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(ENOUGH, arg=count, timeout=300_000)
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "docs")
    parser.add_argument("--examples", type=int, default=200_000)
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=ensure_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for scheme, name in PICTURES.items():
            # A server for each: the first picture's session would keep training beside the second.
            with LiveServer(data=None) as server:
                page = open_page(browser, server.url, scheme, options.examples)
                pictures = {name: page.screenshot()}
                if scheme == "light":
                    pictures |= {name: scene(page) for name, scene in SCENES.items()}
                page.context.close()
            for file, picture in pictures.items():
                (options.folder / file).write_bytes(picture)
                print(options.folder / file)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
