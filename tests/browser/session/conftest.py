"""What the tests of sharing and of spectators have in common."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def link(page: Page) -> str:
    """The spectators' link, copied from the owner's page with the keyboard alone."""
    page.locator("#buttonshare").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#share_link")).to_have_value(re.compile("/watch/"))
    page.keyboard.press("Enter")
    expect(page.locator("#share_status")).to_have_text("Copied.")
    page.keyboard.press("Escape")
    expect(page.locator("#share")).to_be_hidden()
    copied: str = page.evaluate("() => navigator.clipboard.readText()")
    return copied
