"""Training runs, stops, steps and takes new settings as the page says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import (
    await_examples,
    await_more,
    await_run_after,
    await_status,
    examples,
    pause,
    resume,
    run_number,
    trained_on,
)


def test_pause_stops_and_resume_goes_on(page: Page) -> None:
    await_examples(page, 500)
    pause(page)
    expect(page.locator("#buttontp")).to_have_text("resume")
    halted = trained_on(page)
    page.locator("#buttonstep").click()
    await_examples(page, halted + 20)
    assert trained_on(page) == examples(page) == halted + 20
    resume(page)
    expect(page.locator("#buttontp")).to_have_text("pause")
    await_examples(page, halted + 500)


def test_restart_begins_again(page: Page) -> None:
    await_examples(page, 3000)
    pause(page)
    run, seen = run_number(page), examples(page)
    page.locator("#buttonrestart").click()
    await_run_after(page, run)
    expect(page.locator("body")).to_have_attribute("data-examples", "0")
    await_status(page, "paused")
    resume(page)
    await_examples(page, seen + 500)


def test_live_fields_take_effect(page: Page) -> None:
    await_examples(page, 200)
    pause(page)
    seen = trained_on(page)
    field = page.locator("#batch_size_input")
    field.fill("50")
    field.press("Enter")
    expect(page.locator("[data-setting=batch_size]")).to_have_attribute(
        "title", "current value: 50"
    )
    page.locator("#buttonstep").click()
    await_examples(page, seen + 50)
    assert trained_on(page) == seen + 50
    page.locator("#method_input").select_option("sgd")
    rate = page.locator("[data-setting=learning_rate]")
    rate.locator("input").fill("0.05")
    rate.get_by_role("button").click()
    expect(rate).to_have_attribute("title", "current value: 0.05")
    resume(page)
    await_more(page)
    expect(page.locator("#method_input")).to_have_value("sgd")


def test_a_field_that_does_nothing_says_so(page: Page) -> None:
    await_examples(page, 20)
    fields = {
        name: page.locator(f"[data-setting={name}] .hint")
        for name in ("learning_rate", "momentum", "batch_size", "l2_decay")
    }
    method = page.locator("#method_input")
    expect(fields["learning_rate"]).to_have_text("no effect with adadelta")
    expect(fields["momentum"]).to_have_text("no effect with adadelta")
    method.select_option("adam")
    expect(fields["momentum"]).to_have_text("no effect with adam")
    expect(fields["learning_rate"]).to_be_hidden()
    method.select_option("sgd")
    for hint in fields.values():
        expect(hint).to_be_hidden()


@pytest.mark.parametrize(
    ("setting", "value"), [("learning_rate", "fast"), ("batch_size", "0"), ("momentum", "-1")]
)
def test_a_bad_value_says_so_and_keeps_the_old_one(page: Page, setting: str, value: str) -> None:
    await_examples(page, 20)
    form = page.locator(f"[data-setting={setting}]")
    before = form.get_attribute("title")
    form.locator("input").fill(value)
    form.get_by_role("button").click()
    expect(form.locator(".problem")).to_be_visible()
    expect(form.locator(".problem")).to_contain_text("still")
    assert form.get_attribute("title") == before
    await_more(page)


def test_a_number_that_is_too_large_is_called_by_what_was_typed(page: Page) -> None:
    await_examples(page, 20)
    form = page.locator("[data-setting=learning_rate]")
    form.locator("input").fill("1e400")
    form.get_by_role("button").click()
    expect(form.locator(".problem")).to_contain_text("“1e400” is not a number")


def test_keyboard_alone(page: Page) -> None:
    await_examples(page, 200)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "buttontp":
            break
    else:
        pytest.fail("Tab does not reach the pause button")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "what has the focus must be seen to have it"
    page.keyboard.press("Space")
    await_status(page, "paused")
    page.keyboard.press("Space")
    await_status(page, "live")


def test_space_pauses_from_anywhere(page: Page) -> None:
    await_examples(page, 200)
    page.keyboard.press("Space")
    await_status(page, "paused")
