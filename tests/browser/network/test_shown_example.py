"""The cards show the same image while the network learns, as pinned by the owner, to everybody."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from engine.data import load_builtin
from scripts.live_server import LiveServer
from tests.browser.actions import (
    await_examples,
    await_more,
    await_other_pictures,
    await_pictures,
    fingerprints,
    spectator,
)
from tests.browser.watch import Problems

LABELS = load_builtin().test_labels
IMAGE = "#visnet [data-index='0'] [data-map=activations]"
FILTERED = "#visnet [data-index='1'] [data-map=activations]"


def test_an_image_of_the_running_predictions_is_pinned(page: Page, problems: Problems) -> None:
    await_examples(page, 500)
    page.locator("#testset_vis .card-pin").first.click()
    page.mouse.move(2, 2)
    expect(page.locator("#testset_hold")).to_be_hidden()
    strip = page.locator("#shown_example")
    expect(strip).to_contain_text(re.compile(r"Pinned: test image \d+ of 1,000, truth \d"))
    strip.scroll_into_view_if_needed()
    expect(strip).to_contain_text(re.compile(r"loss \d"))
    expect(strip.locator(".prediction-bar")).to_have_count(10)
    expect(page).to_have_url(re.compile(r"#example=test:\d+$"))
    page.locator(IMAGE).scroll_into_view_if_needed()
    await_pictures(page, IMAGE)
    image, filtered = fingerprints(page, IMAGE), fingerprints(page, FILTERED)
    await_other_pictures(page, FILTERED, filtered)
    assert fingerprints(page, IMAGE) == image

    page.locator("#example_next").click()
    await_other_pictures(page, IMAGE, image)
    pinned = re.search(r"test:(\d+)", page.url)
    assert pinned is not None
    said = f"test image {pinned[1]} of 1,000, truth {LABELS[int(pinned[1])]}"
    expect(strip).to_contain_text(said)
    with spectator(page, problems) as guest:
        guest.locator("#visnet").scroll_into_view_if_needed()
        expect(guest.locator("#shown_example")).to_contain_text(said)
        guest.locator("#shown_example").scroll_into_view_if_needed()
        expect(guest.locator("#shown_example .prediction-bar")).to_have_count(10)
        expect(guest.locator("#shown_example button")).to_have_count(0)
    page.locator("#example_unpin").click()
    expect(strip).to_be_hidden()
    expect(page).not_to_have_url(re.compile("#"))
    page.locator("#example_pin").click()
    expect(strip).to_contain_text("Pinned: training image")


def test_an_example_in_the_address(page: Page, server: LiveServer) -> None:
    await_examples(page, 100)
    page.goto(f"{page.url}#example=test:23")
    page.locator("#visnet").scroll_into_view_if_needed()
    strip = page.locator("#shown_example")
    said = f"Pinned: test image 23 of 1,000, truth {LABELS[23]}"
    expect(strip).to_contain_text(said)
    page.locator("#example_unpin").click()
    expect(strip).to_be_hidden()
    page.goto("about:blank")
    page.goto(f"{server.url}#example=test:23")
    await_examples(page, 100)
    page.locator("#visnet").scroll_into_view_if_needed()
    expect(strip).to_contain_text(said)
    await_more(page)
    expect(strip).to_contain_text(said)
    # By keyboard: from the running predictions another one.
    page.locator("#testset_vis").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(strip).not_to_contain_text("image 23 ")
    page.evaluate("location.hash = 'example=test:99999'")
    expect(page.locator("#example_problem")).to_contain_text("must be from 0 to 999")
