"""The layer cards show pictures, and these change as the network learns."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.actions import await_examples, await_other_pictures, await_pictures, fingerprints

VISUALIZATION = "#visnet"


def test_maps_are_not_blank_and_change(page: Page) -> None:
    await_examples(page, 1000)
    page.locator(VISUALIZATION).scroll_into_view_if_needed()
    await_pictures(page, VISUALIZATION)
    before = fingerprints(page, VISUALIZATION)
    await_other_pictures(page, VISUALIZATION, before)


def test_each_card_says_what_it_is(page: Page) -> None:
    await_examples(page, 100)
    cards = page.locator(VISUALIZATION)
    for said in (
        "input (24x24x1)",
        "conv (24x24x8)",
        "filter size 5x5x1, stride 1",
        "parameters: 8x5x5x1+8 = 208",
        "relu (24x24x8)",
        "pool (12x12x8)",
        "pooling size 2x2, stride 2",
        "softmax (1x1x10)",
    ):
        expect(cards).to_contain_text(said)


def test_only_cards_on_screen_are_sent(page: Page) -> None:
    await_examples(page, 500)
    page.locator(f"{VISUALIZATION} [data-index='0']").scroll_into_view_if_needed()
    await_pictures(page, f"{VISUALIZATION} [data-index='0']")
    page.set_viewport_size({"width": 1280, "height": 300})
    page.evaluate("scrollTo(0, 0)")
    last = f"{VISUALIZATION} article:last-child"
    page.locator(last).scroll_into_view_if_needed()
    await_pictures(page, last)
    before = fingerprints(page, last)
    await_other_pictures(page, last, before)
