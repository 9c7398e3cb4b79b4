"""A person asks what a filter looks for, and why the network takes a digit for what it says."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.actions import (
    await_examples,
    await_other_pictures,
    await_pictures,
    fingerprints,
    spectator,
)
from tests.browser.watch import Problems


def test_what_a_filter_and_a_class_look_for(page: Page) -> None:
    await_examples(page, 2000)
    panel, best = page.locator("#looks_for"), page.locator("#looks_for_best li")
    expect(page.locator("#looks_for_result")).to_be_hidden()
    page.locator("#visnet [data-looks-for='4']").click()
    expect(page.locator("#looks_for_found")).to_contain_text("The strongest of all 1,000")
    expect(best).to_have_count(9)
    # Of each image what the filter sees of it, and the whole.
    expect(best.first.locator("canvas")).to_have_count(2)
    expect(page.locator("#looks_for_value")).to_contain_text("excites it by")
    await_pictures(page, "#looks_for_result")
    before = fingerprints(page, "#looks_for_result figure")
    # By keys alone: another filter of the same layer, which the search knows already.
    page.locator("#looks_for_channel").focus()
    page.keyboard.press("ArrowDown")
    await_other_pictures(page, "#looks_for_result figure", before)
    # And as the network learns, the picture changes.
    before = fingerprints(page, "#looks_for_result figure")
    await_other_pictures(page, "#looks_for_result figure", before)
    page.locator("#looks_for_layer").select_option(label="8: softmax (1x1x10)")
    page.locator("#looks_for_channel").select_option(label="class 3")
    expect(best).to_have_count(9)
    expect(best.first.locator("canvas")).to_have_count(1)
    expect(best.first).to_contain_text(re.compile(r"^3 · "))
    # A unit that is pinned is asked about, too.
    page.locator("#visnet [data-index='2'] canvas").first.click(position={"x": 20, "y": 20})
    expect(page.locator("#unit_panel")).to_be_visible()
    expect(page.locator("#looks_for_layer")).to_have_value("2")
    expect(best.first.locator("canvas")).to_have_count(2)
    page.set_viewport_size({"width": 360, "height": 740})
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")


def test_why_this_answer_and_the_least_that_changes_it(page: Page, problems: Problems) -> None:
    await_examples(page, 2000)
    page.locator("#buttontp").click()
    page.locator("#why summary").click()
    expect(page.locator("#why_text")).to_contain_text(re.compile(r"The network answers \d"))
    await_pictures(page, "#why_result")
    before = fingerprints(page, "#why_result")
    page.locator("#why_class").select_option(label="8")
    expect(page.locator("#why_ink_text")).to_contain_text("red speaks for 8")
    after = fingerprints(page, "#why_result")
    assert (before[0], len(before)) == (after[0], 3)
    assert before[1] != after[1]

    page.locator("#buttonchange").click()
    changed = page.locator("#change_text")
    expect(changed).to_contain_text(re.compile(r"the answer goes from \d to \d"))
    bars = page.locator("#change_bars .bar-share")
    least = [int(text) for text in re.findall(r"\d+", " ".join(bars.all_inner_texts()))]
    assert abs(least[0] - least[1]) <= 3
    picture = fingerprints(page, "#change_result")
    page.locator("#change_slider").focus()
    page.keyboard.press("Home")
    said = page.locator("#change_slider").get_attribute("aria-valuetext") or ""
    assert said.startswith("0% of the change")
    assert fingerprints(page, "#change_result")[0] != picture[0]
    # At the beginning of the way it is the image, and the network's answer is the first class.
    first, second = (float(re.sub(r"[^\d.]", "", text)) for text in bars.all_inner_texts())
    assert first > second

    page.locator("#buttonshare").click()
    expect(page.locator("#share_link")).to_have_value(re.compile("/watch/"))
    with spectator(page, problems) as guest:
        guest.locator("#why summary").click()
        expect(guest.locator("#why_text")).to_contain_text("The network answers")
        guest.locator("#buttonchange").click()
        expect(guest.locator("#change_text")).to_contain_text("the answer goes from")
