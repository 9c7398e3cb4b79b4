"""The graphs of loss and accuracy are drawn, and can be changed and cleared."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from scripts.live_server import LiveServer
from tests.browser.actions import (
    await_examples,
    await_more,
    await_other_pictures,
    fingerprints,
    pause,
    resume,
)


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


def change(page: Page, field: str, value: str) -> None:
    page.locator(f"#{field}").fill(value)
    page.locator(f"#{field}").press("Enter")


def test_changes_of_the_trainer_are_marked_and_named_where_the_cursor_is(
    page: Page, browser: Browser, server: LiveServer
) -> None:
    await_examples(page, 2000)
    pause(page)
    change(page, "batch_size_input", "10")
    change(page, "decay_input", "0")
    marks = page.locator("#lossgraph .mark-line")
    label = "batch size 20 → 10, weight decay 0.001 → 0"
    expect(marks).to_have_text([label])
    resume(page)
    await_more(page, 2000)
    pause(page)
    change(page, "momentum_input", "0.5")
    for graph in ("#lossgraph", "#accuracygraph"):
        expect(page.locator(f"{graph} .mark-line")).to_have_text([label, "momentum 0.9 → 0.5"])
    expect(marks.first.locator("span")).to_be_hidden()
    place = marks.first.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 3, place["y"] + 50)
    # The cursors of both graphs are one.
    for graph in ("#lossgraph", "#accuracygraph"):
        expect(page.locator(f"{graph} .mark-line span").first).to_be_visible()
        expect(page.locator(f"{graph} .mark-line span").last).to_be_hidden()
    page.reload()
    expect(marks).to_have_text([label, "momentum 0.9 → 0.5"])
    page.locator("#buttonshare").click()
    watch = page.locator("#share_link").input_value()
    spectator = browser.new_page()
    spectator.goto(watch)
    expect(spectator.locator("#lossgraph .mark-line")).to_have_text([label, "momentum 0.9 → 0.5"])
    spectator.close()
    page.locator("#share [data-close]").click()
    page.locator("#buttonrestart").click()
    expect(marks).to_have_count(0)


def test_the_graphs_settings_outlast_a_reload(page: Page) -> None:
    log, smoothing = page.locator("#logscale"), page.locator("#smoothing")
    expect(log).not_to_be_checked()
    expect(page.locator("#smoothing_value")).to_have_text("0.60")
    log.check()
    smoothing.fill("0.9")
    page.reload()
    expect(log).to_be_checked()
    expect(smoothing).to_have_value("0.9")
    expect(page.locator("#smoothing_value")).to_have_text("0.90")
    page.evaluate("localStorage.setItem('graph-smoothing', 'much')")
    page.reload()
    expect(page.locator("#smoothing_value")).to_have_text("0.60")


def test_where_storage_is_forbidden_the_settings_last_as_long_as_the_page(page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {"
        " get() { throw new DOMException('forbidden', 'SecurityError'); } })"
    )
    page.reload()
    await_examples(page, 1000)
    before = fingerprints(page, "#lossgraph")
    page.locator("#logscale").check()
    await_other_pictures(page, "#lossgraph", before)
    page.locator("#theme").click()
    expect(page.locator("#theme")).to_have_text("light")
    page.reload()
    expect(page.locator("#logscale")).not_to_be_checked()
