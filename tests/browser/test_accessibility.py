"""The page can be used without a mouse, without sight, and in colors of one's own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import CONVLESS, await_examples, change_network, digit_png, pause, upload

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
# What each rule found, and where; these two rules are not on by themselves.
FOUND = """async () => {
  const enabled = { enabled: true };
  const rules = { "label-content-name-mismatch": enabled, "target-size": enabled };
  const { violations } = await axe.run({ rules });
  const where = (nodes) => nodes.map(({ html }) => html).join(" ");
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${where(nodes)}`);
}"""


def complaints(page: Page) -> list[str]:
    """What axe has to say of the page as it stands, in light and in dark."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.emulate_media(reduced_motion="reduce")  # cards that arrive are half transparent otherwise
    said = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        said += [f"{scheme}: {each}" for each in page.evaluate(FOUND)]
    return said


def test_axe_finds_nothing(page: Page, browser: Browser) -> None:
    await_examples(page, 2000)
    expect(page.locator("#testset_vis .card")).not_to_have_count(0)
    upload(page, digit_png(3))
    expect(page.locator("#own_bars li")).to_have_count(10)
    page.get_by_text("draw a digit").click()
    page.get_by_role("group", name="This is a").get_by_role("button", name="3", exact=True).click()
    page.locator("#added_summary").click()
    expect(page.locator("#added_list li")).to_have_count(1)
    page.locator("#batch_size_input").fill("none")
    page.locator("#batch_size_input").press("Enter")
    expect(page.locator("#batch_size_input_problem")).to_be_visible()
    page.locator("#confusion summary").click()
    expect(page.locator("#confusion_table")).to_be_visible()
    page.locator("#browse_tests").click()
    page.locator("#browser_grid [role=gridcell]").first.click()
    expect(page.locator("#browser_bars li")).to_have_count(10)
    page.locator("#feature_map summary").click()
    page.locator("#plane_choice").select_option("all of 3")
    page.locator("#plane_canvas").press("ArrowRight")
    expect(page.locator("#plane_picture")).to_be_visible()
    page.locator("#visnet [data-index='2'] .layer-numbers summary").click()
    expect(page.locator("#visnet [data-number=dead]")).to_be_visible()
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
    assert {place: found for place, found in seen.items() if found} == {}


# Where the element is; of a button what stands in front of its text, which is its picture.
PLACE = """selector => {
  const element = document.querySelector(selector);
  element.scrollIntoView({ block: "center" });
  const { left, top, width, height } = element.getBoundingClientRect();
  const text = document.createRange();
  if (element.lastChild) text.selectNode(element.lastChild);
  const end = element.matches("button") ? text.getBoundingClientRect().left : left + width;
  const edge = element.matches("button") ? 4 : 0;
  return { x: left + edge, y: top + edge, width: end - left - edge, height: height - 2 * edge };
}"""


def colors(page: Page, selector: str) -> set[tuple[int, ...]]:
    """All colors that an element, or a button's picture, has on the screen."""
    picture = Image.open(io.BytesIO(page.screenshot(clip=page.evaluate(PLACE, selector))))
    seen = picture.convert("RGB").getcolors(picture.width * picture.height)
    assert seen is not None
    return {color for _, color in seen if isinstance(color, tuple)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_only_a_color_says_is_seen_in_forced_colors(
    page: Page, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(forced_colors="active", color_scheme=scheme, reduced_motion="reduce")
    await_examples(page, 2000)
    expect(page.locator("#testset_vis .card")).not_to_have_count(0)
    colored = [
        "#accuracylegend .swatch-dot", "#losslegend .swatch-line", "#testset_vis .bar-fill",
        "[data-status=live] .badge-dot",
    ]  # fmt: skip
    # Text, which lies over the bars, is black or white here, and its edges gray.
    assert [part for part in colored if not any(map(has_hue, colors(page, part)))] == []
    paper = {(255, 255, 255) if scheme == "light" else (0, 0, 0)}
    assert colors(page, "#header_pause") - paper
    pause(page)
    assert colors(page, "#header_pause") - paper
    assert colors(page, ".badge-dot") - paper


def has_hue(color: tuple[int, ...]) -> bool:
    return max(color) - min(color) > 30
