"""What a pointer reads from graphs and maps, the keyboard reads too, and says it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.actions import await_examples, await_pictures, pause


def test_arrow_keys_read_the_graphs(page: Page) -> None:
    await_examples(page, 2000)
    pause(page)
    spoken = page.locator("#spoken")
    graph = page.locator("#lossgraph")
    graph.focus()
    page.keyboard.press("Home")
    expect(spoken).to_have_text(re.compile(r"^at \d+ examples: classification 2\.\d+, L2 weight"))
    first = spoken.inner_text()
    page.keyboard.press("ArrowRight")
    expect(spoken).not_to_have_text(first)
    expect(page.locator("#accuracylegend .legend-at")).not_to_be_empty()  # it has a cursor too
    page.keyboard.press("ArrowLeft")
    expect(spoken).to_have_text(first)
    expect(graph.locator(".u-cursor-x")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#losslegend .legend-at")).to_be_empty()


def test_one_tab_stop_leads_to_all_maps(page: Page) -> None:
    await_examples(page, 500)
    pause(page)
    page.locator("#visnet").scroll_into_view_if_needed()
    await_pictures(page, "[data-index='1'] [data-map=activations]")
    assert page.locator("#visnet canvas[tabindex='0']").count() == 1
    tip, spoken = page.locator("#tip"), page.locator("#spoken")
    page.locator("#visnet canvas[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    expect(tip).to_have_text(re.compile(r"^map 0, x 1, y 0: ≈ .* · volume"))
    expect(spoken).to_have_text(tip.inner_text())
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    focused = page.locator("[data-index='1'] [data-map=activations] canvas")
    expect(focused).to_be_focused()
    page.keyboard.press("End")
    expect(tip).to_have_text(re.compile(r"^map 7, x 23, y 23: ≈ "))
    expect(spoken).to_have_text(tip.inner_text())
    box, cursor = focused.bounding_box(), page.locator(".map-cursor").bounding_box()
    assert box is not None
    assert cursor is not None
    assert cursor["x"] + cursor["width"] <= box["x"] + box["width"] + 0.5
    page.keyboard.press("Tab")
    # What can be pressed in the next card: no other map.
    expect(page.locator("#visnet [data-index='2'] .layer-text :focus")).to_be_visible()
    expect(tip).to_be_hidden()
    expect(page.locator(".map-cursor")).to_have_count(0)
