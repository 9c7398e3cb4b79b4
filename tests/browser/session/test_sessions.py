"""A person lists, opens, begins and removes sessions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from scripts.live_server import LiveServer
from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_status,
    change_network,
    overflow,
    pause,
)
from tests.browser.watch import Problems

TITLE = "conv 8 · pool · conv 16 · pool · softmax"


def rows(page: Page) -> Locator:
    return page.locator("#sessions_list li")


def shown(page: Page) -> Locator:
    """The row of the session that the page shows."""
    return rows(page).filter(has_text="shown here")


def others(page: Page) -> Locator:
    return rows(page).filter(has_not_text="shown here")


def open_list(page: Page, count: int) -> None:
    """Open the list, which shows this many sessions."""
    page.locator("#buttonsessions").click()
    expect(rows(page)).to_have_count(count)


def begin_another(page: Page) -> None:
    """Begin another session, and wait until it is the one shown."""
    page.locator("#buttonsessions").click()
    with page.expect_navigation(url="**/sessions/*"):
        page.locator("#buttonnewsession").click()
    await_status(page, "live")


def remove(row: Locator) -> None:
    row.get_by_role("button", name="remove").click()


def test_sessions_are_begun_listed_and_opened(page: Page) -> None:
    change_network(page, CONVLESS)
    begin_another(page)
    await_examples(page, 200)
    open_list(page, 2)
    other = others(page)
    expect(shown(page)).to_contain_text(TITLE)
    expect(other).to_contain_text("fc 30 · softmax")
    expect(other).to_contain_text("seen just now")
    with page.expect_navigation():
        other.get_by_role("link").click()
    expect(page.locator("#visnet")).to_contain_text("fc (1x1x30)")
    address = page.url
    page.reload()
    assert page.url == address
    expect(page.locator("#visnet")).to_contain_text("fc (1x1x30)")


def test_another_session_is_removed_with_the_keyboard_and_brought_back(page: Page) -> None:
    begin_another(page)
    open_list(page, 2)
    others(page).get_by_role("button", name="remove").focus()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    # What undoes it is the nearest.
    expect(page.locator("#sessions_removed").get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#sessions")).to_be_hidden()
    await_status(page, "live")


def test_the_list_says_what_sessions_take_on_disk(context: BrowserContext, tmp_path: Path) -> None:
    with LiveServer(state=tmp_path) as server:
        page = context.new_page()
        page.goto(server.url)
        await_examples(page, 200)
        pause(page)
        expect(page.locator("#saved")).to_contain_text("Saved")
        open_list(page, 1)
        expect(rows(page)).to_contain_text(re.compile(r"examples · 0\.[1-9] MB · shown here"))
        expect(page.locator("#sessions_hint")).to_contain_text(
            re.compile(
                r"They take 0\.[1-9] of your 2,000 MB on the server"
                "\N{RIGHT SINGLE QUOTATION MARK}s disk\\."
            )
        )
        page.close()


def test_a_removal_can_be_undone(page: Page) -> None:
    change_network(page, CONVLESS)
    begin_another(page)
    open_list(page, 2)
    remove(others(page))
    expect(rows(page)).to_have_count(1)
    removed = page.locator("#sessions_removed li")
    expect(removed).to_contain_text("fc 30 · softmax")
    expect(removed).to_contain_text("7 more days")
    removed.get_by_role("button", name="restore").click()
    expect(rows(page)).to_have_count(2)
    expect(removed).to_have_count(0)
    with page.expect_navigation():
        others(page).get_by_role("link").click()
    expect(page.locator("#visnet")).to_contain_text("fc (1x1x30)")
    await_status(page, "live")


def test_removing_the_session_that_is_shown_leads_to_another(
    page: Page, server: LiveServer
) -> None:
    change_network(page, CONVLESS)
    begin_another(page)
    open_list(page, 2)
    remove(shown(page))
    await_status(page, "gone")
    with page.expect_navigation(url=server.url):
        page.keyboard.press("Escape")
    expect(page.locator("#visnet")).to_contain_text("fc (1x1x30)")


def test_a_tab_whose_session_is_removed_elsewhere_says_so(
    page: Page, context: BrowserContext, server: LiveServer, problems: Problems
) -> None:
    await_examples(page, 200)
    other = context.new_page()
    other.goto(server.url)
    open_list(other, 1)
    remove(shown(other))
    await_status(other, "gone")
    await_status(page, "gone")
    # Whoever removed it can take that back, and is where it was.
    with other.expect_navigation():
        other.locator("#sessions_removed").get_by_role("button").click()
    await_status(other, "live")
    other.locator("#buttonsessions").click()
    remove(shown(other))
    with other.expect_navigation(url=server.url):
        other.keyboard.press("Escape")
    await_status(other, "live")
    page.get_by_role("link", name="Go to a session of your own").click()
    await_status(page, "live")
    await_examples(page, 100)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_dialogs_fit_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    for name in ("share", "sessions"):
        page.locator(f"#button{name}").click()
        dialog = page.locator(f"#{name}")
        box = dialog.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert dialog.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
        page.keyboard.press("Escape")
        expect(page.locator(f"#button{name}")).to_be_focused()
    assert overflow(page) <= 0
