"""Takes the README's screenshots of the page: real training, in light and in dark mode."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

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


def take(browser: Browser, url: str, scheme: Scheme, count: int) -> bytes:
    """The page after `count` examples, as a PNG."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(ENOUGH, arg=count, timeout=300_000)
    picture = page.screenshot()
    context.close()
    return picture


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
                picture = take(browser, server.url, scheme, options.examples)
            file = options.folder / name
            file.write_bytes(picture)
            print(file)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
