"""A card in numbers: closed at first, moving while it trains, with a hint only where one is due."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_other_pictures,
    await_pictures,
    change_network,
    fingerprints,
    pause,
    spectator,
)
from tests.browser.watch import Problems

TOO_FAST = CONVLESS.replace("method:'adadelta'", "method:'sgd', learning_rate:1, momentum:0.9")


def numbers(page: Page, layer: int) -> Locator:
    return page.locator(f"#visnet article[data-index='{layer}'] .layer-numbers")


def open_numbers(page: Page, layer: int) -> Locator:
    place = numbers(page, layer)
    place.locator("summary").click()
    expect(place.locator(".number-shares")).to_contain_text("of the time")
    return place


def test_numbers_open_move_enlarge_and_stay_open(page: Page, problems: Problems) -> None:
    await_examples(page, 500)
    expect(numbers(page, 1).locator(".number-shares")).to_be_hidden()
    conv = open_numbers(page, 1)
    # Of 13,098 parameters, 208.
    expect(conv.locator(".number-shares")).to_contain_text("of the parameters")
    for kind in ("weights", "activations", "gradients", "update_ratio"):
        expect(conv.locator(f"[data-number={kind}]")).to_be_visible()
    expect(conv.locator("[data-number=update_ratio]")).to_contain_text("healthy band")
    chart = "#visnet article[data-index='1'] [data-number=weights]"
    await_pictures(page, chart)
    await_other_pictures(page, chart, fingerprints(page, chart))

    relu = open_numbers(page, 2)
    dead = relu.locator("[data-number=dead]")
    expect(dead).to_contain_text("Never active")
    dead.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#layer_number")
    expect(dialog).to_contain_text("Layer 2, relu")
    expect(dialog).to_contain_text("Never active")
    await_pictures(page, "#layer_number")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(relu.locator(".number-trouble")).to_be_hidden()

    with spectator(page, problems) as guest:
        open_numbers(guest, 1)
        await_pictures(guest, chart)
    page.reload()
    numbers(page, 1).scroll_into_view_if_needed()
    expect(numbers(page, 1).locator("[data-number=weights]")).to_be_visible()
    expect(numbers(page, 3).locator(".number-shares")).to_be_hidden()


def test_a_learning_rate_far_too_large_gives_a_hint_and_a_paused_network_too(page: Page) -> None:
    change_network(page, TOO_FAST)
    await_examples(page, 2000)
    hint = open_numbers(page, 2).locator(".number-trouble")
    expect(hint).to_contain_text("of these units are never active")
    expect(hint).to_contain_text("try a smaller learning rate")
    pause(page)
    page.reload()
    numbers(page, 2).scroll_into_view_if_needed()
    expect(numbers(page, 2).locator(".number-trouble")).to_contain_text("never active")
