"""The page can be used without a mouse, without sight, and in colors of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import CONVLESS, await_examples, change_network, digit_png, pause, upload

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
# What each rule found, and where. Parts that arrive just now are half transparent.
FOUND = """async () => {
  const more = ["label-content-name-mismatch", "target-size"];
  const { violations } = await axe.run({ rules: Object.fromEntries(more.map((rule) => [rule, { enabled: true }])) });
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
}"""


def complaints(page: Page) -> list[str]:
    """What axe has to say of the page as it stands, in light and in dark."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.emulate_media(reduced_motion="reduce")
    said = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        said += [f"{scheme}: {each}" for each in page.evaluate(FOUND)]
    return said


def test_axe_finds_nothing(page: Page, browser: Browser) -> None:
    await_examples(page, 2000)
    expect(page.locator("#testset_vis .card")).not_to_have_count(0)
    upload(page, digit_png(3))
    expect(page.locator("#own_bars li")).to_have_count(3)
    page.locator("#batch_size_input").fill("none")
    page.locator("#batch_size_input").press("Enter")
    expect(page.locator("#batch_size_input_problem")).to_be_visible()
    seen = {"training": complaints(page)}
    page.get_by_text("How it learns and predicts").click()
    pause(page)
    change_network(page, CONVLESS)
    expect(page.locator("#not_begun")).to_be_visible()
    seen["paused"] = complaints(page)
    for name in ("share", "sessions"):
        page.locator(f"#button{name}").click()
        expect(page.locator(f"#{name}")).to_be_visible()
        seen[name] = complaints(page)
        page.keyboard.press("Escape")
    link = page.locator("#share_link").input_value()
    guests = browser.new_context()
    guest = guests.new_page()
    guest.goto(link)
    expect(guest.locator("#spec_summary table")).to_be_visible()
    seen["spectators"] = complaints(guest)
    guests.close()
    assert seen == dict.fromkeys(seen, [])
