"""Every full test of a run is a dot on the accuracy graph, whoever looks and since when."""

from __future__ import annotations

from typing import cast

from playwright.sync_api import Page, expect

from tests.browser.actions import restart_paused, spectator
from tests.browser.watch import Problems

# Where dots of the full test's colour stand on the accuracy graph, from the left, in hundredths
# of its width; dots that touch count as one.
DOTS = """() => {
  const canvas = document.querySelector("#accuracygraph canvas");
  const swatch = document.querySelector("#accuracylegend .swatch-dot");
  const [red, green, blue] = getComputedStyle(swatch).color.match(/\\d+/g).map(Number);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const columns = [];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const at = 4 * (y * width + x);
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) {
        columns.push(x);
        break;
      }
    }
  }
  const edges = columns.filter((x, i) => x !== columns[i - 1] + 1);
  return edges.map((x) => Math.round((100 * x) / width));
}"""


def dots(page: Page) -> list[int]:
    return cast(list[int], page.evaluate(DOTS))


def await_dots(page: Page, count: int) -> None:
    """Until so many are drawn."""
    page.wait_for_function(f"count => ({DOTS})().length === count", arg=count)


def test_all_dots_are_there_after_a_reload_and_for_whoever_comes_late(
    page: Page, problems: Problems
) -> None:
    restart_paused(page)
    # A paused network is tested after each step; the first test is of the weights it begins with.
    for steps in range(5):
        expect(page.locator("#test_note")).to_contain_text(f"as of {20 * steps} examples")
        await_dots(page, steps + 1)
        if steps < 4:
            page.locator("#buttonstep").click()
    seen = dots(page)
    page.reload()
    await_dots(page, 5)
    assert dots(page) == seen
    with spectator(page, problems) as guest:
        await_dots(guest, 5)
    # What was put out of sight stays there; the next test is seen.
    page.locator("#cleargraph").click()
    await_dots(page, 0)
    page.locator("#buttonstep").click()
    await_dots(page, 1)
