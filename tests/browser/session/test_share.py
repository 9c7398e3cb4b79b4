"""An owner finds and copies the link for spectators."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from scripts.live_server import LiveServer


def test_the_link_is_shown_and_copied(page: Page, link: str, server: LiveServer) -> None:
    assert re.fullmatch(re.escape(server.url) + r"watch/[\w-]{22,}", link)
    page.locator("#buttonshare").click()
    expect(page.locator("#share_link")).to_have_value(link)
    expect(page.locator("#share_link")).not_to_be_editable()
    # No other computer reaches this server at its address.
    expect(page.locator("#share_local")).to_be_visible()


def test_without_a_clipboard_the_link_is_copied_the_old_way(page: Page, link: str) -> None:
    # A page without TLS has no clipboard of the new kind, and most classrooms have no TLS.
    page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator("#buttonshare").click()
    page.locator("#buttoncopy").click()
    expect(page.locator("#share_status")).to_have_text("Copied.")
    page.keyboard.press("Escape")
    page.locator("#dumpjson").focus()
    page.keyboard.press("ControlOrMeta+V")
    expect(page.locator("#dumpjson")).to_have_value(link)
