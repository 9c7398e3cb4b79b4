"""The graphs of loss and accuracy are drawn, and can be changed and cleared."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.actions import await_examples, await_other_pictures, fingerprints, pause


def test_graphs_are_drawn_and_can_be_cleared(page: Page) -> None:
    await_examples(page, 3000)
    for graph in ("#lossgraph", "#accuracygraph"):
        expect(page.locator(f"{graph} canvas").first).to_be_visible()
    pause(page)
    before = fingerprints(page, "#lossgraph")
    page.locator("#logscale").check()
    await_other_pictures(page, "#lossgraph", before)
    values = page.locator("#losslegend .legend-value")
    expect(values).not_to_have_text(["", ""])
    page.locator("#cleargraph").click()
    expect(values).to_have_text(["", ""])
