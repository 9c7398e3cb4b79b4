"""What can be written stands beside the editor: every layer type and option, searchable."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from engine.language.reference import reference
from tests.browser.actions import overflow


def test_what_can_be_written_is_listed_on_demand_and_searched(page: Page) -> None:
    listed = page.locator("#language [data-entry]")
    expect(listed.first).to_be_hidden()
    summary = page.locator("#language summary")
    summary.focus()
    page.keyboard.press("Enter")
    entries = [entry for section in reference() for entry in section.entries]
    expect(listed).to_have_count(len(entries))
    for entry, row in zip(entries, listed.all(), strict=True):
        expect(row.locator("dt code")).to_have_text(entry.name)
        expect(row.locator("dd")).to_contain_text(entry.help)
    expect(listed.first).to_be_visible()

    page.keyboard.press("Tab")
    search = page.locator("#language_search")
    expect(search).to_be_focused()
    page.keyboard.type("Learning rate")
    shown = listed.filter(visible=True).locator("dt code")
    expect(shown).to_have_text(["learning_rate", "schedule", "warmup_examples"])
    expect(page.locator("#language h3").filter(visible=True)).to_have_text(["Trainer"])
    # Names from elsewhere find what they are called here.
    search.fill("wd")
    expect(shown).to_have_text(["l2_decay"])
    search.fill("no such thing")
    expect(page.locator("#language_none")).to_have_text("Nothing here says “no such thing”.")
    search.fill("")
    expect(shown).to_have_count(len(entries))
    expect(page.locator("#language_none")).to_be_hidden()


def test_the_list_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.locator("#language summary").click()
    expect(page.locator("#language [data-entry]").first).to_be_visible()
    assert overflow(page) == 0
    box = page.locator(".language-list").bounding_box()
    assert box is not None
    assert box["height"] <= 700
