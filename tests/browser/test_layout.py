"""The page holds together from a phone to a large screen, in light and in dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import CONVLESS, await_examples, change_network, pause

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [360, 800, 1280, 3840])
def test_nothing_sticks_out_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    await_examples(page, 1000)
    expect(page.locator("#testset_vis canvas").first).to_be_attached()
    assert page.evaluate(OVERFLOW) <= 0
    change_network(page, CONVLESS)
    await_examples(page, 100)
    assert page.evaluate(OVERFLOW) <= 0


def test_everything_of_the_original_page_is_there(page: Page) -> None:
    for name in (
        "buttontp", "trainstats", "lr_input", "momentum_input", "batch_size_input", "decay_input",
        "dumpjson", "lossgraph", "newnet", "buttonnn", "visnet", "testset_vis", "testset_acc",
    ):  # fmt: skip
        expect(page.locator(f"#{name}")).to_be_attached()
    for said in (
        "Training Stats", "Instantiate a Network and Trainer", "Network Visualization",
        "Example predictions on Test set", "Forward time per example", "Backprop time per example",
        "Classification loss", "L2 Weight decay loss", "Training accuracy", "Validation accuracy",
        "Examples seen", "save network snapshot as JSON", "init network from JSON snapshot",
        "clear graph", "Test an image from your computer", "Test Image", "change network",
    ):  # fmt: skip
        expect(page.get_by_text(said).first).to_be_attached()


def test_dark_mode_looks_different_and_is_dark(page: Page) -> None:
    await_examples(page, 500)
    pause(page)
    backgrounds = {}
    pictures = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        backgrounds[scheme] = page.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3)"
            ".reduce((sum, part) => sum + Number(part), 0)"
        )
        pictures[scheme] = page.screenshot()
    assert backgrounds["dark"] < 200 < 550 < backgrounds["light"]
    assert pictures["dark"] != pictures["light"]


def test_the_theme_button_overrules_the_system(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    button = page.locator("#theme")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button.click()
    expect(button).to_have_text("light")
    button.click()
    expect(button).to_have_text("dark")
    assert page.evaluate(background) != light
    page.reload()
    expect(button).to_have_text("dark")


def test_graphs_are_drawn_and_can_be_cleared(page: Page) -> None:
    await_examples(page, 3000)
    for graph in ("#lossgraph", "#accuracygraph"):
        expect(page.locator(f"{graph} canvas").first).to_be_visible()
    pause(page)
    page.locator("#logscale").check()
    page.locator("#cleargraph").click()


def test_the_page_asks_no_other_host(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    await_examples(page, 100)
    own = page.evaluate("location.host")
    strangers = [url for url in asked if own not in url and not url.startswith(("data:", "blob:"))]
    assert strangers == []
