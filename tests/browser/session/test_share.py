"""An owner finds and copies the link for spectators."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import BrowserContext, Page, expect

from scripts.live_server import LiveServer
from tests.browser.watch import Problems


def test_the_link_is_shown_and_copied(page: Page, link: str, server: LiveServer) -> None:
    assert re.fullmatch(re.escape(server.url) + r"watch/[\w-]{22,}", link)
    page.locator("#buttonshare").click()
    expect(page.locator("#share_link")).to_have_value(link)
    expect(page.locator("#share_link")).not_to_be_editable()
    # No other computer reaches this server at its address.
    expect(page.locator("#share_local")).to_be_visible()
    expect(page.locator("#share_code")).to_be_hidden()


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


def test_bound_to_all_addresses_it_gives_one_that_others_reach_and_a_code(
    context: BrowserContext, problems: Problems
) -> None:
    with LiveServer("--host", "0.0.0.0") as server:
        context.on("page", problems.watch)
        page = context.new_page()
        page.goto(server.url)
        page.locator("#buttonshare").click()
        expect(page.locator("#share_link")).to_have_value(re.compile("/watch/"))
        link = page.locator("#share_link").input_value()
        assert "127.0.0.1" not in link
        expect(page.locator("#share_local")).to_be_hidden()
        expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
        # From here this computer is reached there, too.
        assert httpx.get(link, trust_env=False).status_code == 200
