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

from scripts.ensure_chromium import launch_chromium
from scripts.live_server import LiveServer

ROOT = Path(__file__).resolve().parent.parent
Scheme = Literal["light", "dark"]
PICTURES: dict[Scheme, str] = {"light": "screenshot.png", "dark": "screenshot-dark.png"}
WIDTH, HEIGHT = 1280, 2080
MARGIN = 10
# Long enough for the curves to have a shape.
ENOUGH = r"""count => {
  const said = document.querySelector("#trainstats").innerText;
  const found = said.match(/examples seen\W*([\d,]+)/i);
  return found && Number(found[1].replaceAll(",", "")) >= count;
}"""
# Samples enough to see how numbers develop.
LONG_ENOUGH = "element => Number(element.dataset.samples) >= 40"


def show_what_is_looked_for(page: Page) -> bytes:
    """The images that excite a filter of the second convolution most, and its picture."""
    page.locator("#visnet [data-looks-for='4']").click()
    page.get_by_text("The strongest of all").wait_for()
    page.locator("#looks_for_picture").wait_for()
    picture = page.locator("#looks_for").screenshot()
    page.locator("#looks_for summary").click()
    return picture


def show_why(page: Page) -> bytes:
    """What speaks for an answer, and the smallest change that makes it a wrong one."""
    page.locator("#why summary").click()
    page.locator("#why_result").wait_for()
    page.locator("#buttonchange").click()
    page.locator("#change_result").wait_for()
    picture = page.locator("#why").screenshot()
    page.locator("#why summary").click()
    return picture


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


MOST_MISTAKEN = """() => {
  const cells = [...document.querySelectorAll("#confusion_table .confusion-count")];
  const wrong = cells.filter((_, at) => at % 11 !== 0);
  wrong.sort((a, b) => Number(b.innerText) - Number(a.innerText))[0].click();
}"""


def show_mistakes(page: Page) -> bytes:
    """The confusion matrix of ten classes, and the images of its largest mistake."""
    page.locator("#confusion summary").click()
    page.locator("#confusion_table").wait_for()
    page.evaluate(MOST_MISTAKEN)
    page.locator("#browser_grid .test-picture").first.wait_for()
    page.keyboard.press("Enter")
    page.locator("#browser_bars .prediction-bar").first.wait_for()
    page.locator("#browser_picture").wait_for()
    title, images = page.locator("#h_tests"), page.locator("#test_browser")
    images.scroll_into_view_if_needed()
    top, bottom = title.bounding_box(), images.bounding_box()
    assert top is not None
    assert bottom is not None
    left, upper = top["x"] - MARGIN, top["y"] - MARGIN
    height = bottom["y"] + bottom["height"] + MARGIN - upper
    return page.screenshot(
        clip={"x": left, "y": upper, "width": top["width"] + 2 * MARGIN, "height": height}
    )


def show_map(page: Page) -> bytes:
    """The map of the test set, with the digit of a point near its middle."""
    page.locator("#confusion summary").click()
    page.locator("#browser_close").click()
    page.locator("#feature_map summary").click()
    page.locator("#plane_canvas").wait_for()
    page.locator("#plane_canvas").press("ArrowDown")
    page.locator("#plane_picture").wait_for()
    return page.locator("#feature_map").screenshot()


# A two, from its upper left end, in hundredths of the pad's side.
DRAWN = ((30, 35), (38, 24), (52, 20), (66, 27), (67, 42), (56, 57), (40, 72), (30, 80), (72, 80))


def show_drawing(page: Page) -> bytes:
    """A digit drawn with the mouse, and what the network takes it for."""
    page.locator("#drawing summary").click()
    pad = page.locator("#drawpad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for step, (x, y) in enumerate(DRAWN):
        page.mouse.move(
            box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100, steps=4
        )
        if step == 0:
            page.mouse.down()
    page.mouse.up()
    page.locator("#own_bars [data-likeliest]").wait_for()
    page.wait_for_timeout(300)  # for the bars of the last stretch
    picture = page.locator("#own_image").screenshot()
    page.locator("#drawing summary").click()
    return picture


def show_unit(page: Page) -> bytes:
    """How an active unit of the second convolution came about, for an example that is pinned."""
    page.evaluate("location.hash = 'example=test:18'")
    page.locator("#shown_example").wait_for()
    maps = page.locator("#visnet [data-index='4'] canvas").first
    maps.scroll_into_view_if_needed()
    for across in range(14, 400, 25):  # from map to map
        maps.click(position={"x": across, "y": 22})
        page.locator("#unit_forward canvas").first.wait_for()
        page.wait_for_timeout(500)  # for the answer
        if not page.locator("#unit_forward").inner_text().endswith("= 0"):
            break
    page.mouse.move(0, 0)
    picture = page.locator("#unit_panel").screenshot()
    page.locator("#unit_close").click()
    page.locator("#example_unpin").click()
    return picture


SCENES: dict[str, Callable[[Page], bytes]] = {
    "drawing.png": show_drawing,
    "unit.png": show_unit,
    "looks-for.png": show_what_is_looked_for,
    "why.png": show_why,
    "layer-numbers.png": show_layer_numbers,
    "test-images.png": show_mistakes,
    "feature-map.png": show_map,
}
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
        browser = launch_chromium(playwright)
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
