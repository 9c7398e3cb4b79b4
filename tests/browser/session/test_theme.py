"""The page is light or dark, as the system or the button says."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.actions import await_examples, pause


def test_dark_mode_looks_different_and_is_dark(page: Page) -> None:
    await_examples(page, 500)
    pause(page)
    backgrounds = {}
    pictures = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        backgrounds[scheme] = page.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3)"
            ".reduce((sum, part) => sum + Number(part), 0)"
        )
        pictures[scheme] = page.screenshot()
    assert backgrounds["dark"] < 200 < 550 < backgrounds["light"]
    assert pictures["dark"] != pictures["light"]


def test_the_theme_button_overrules_the_system(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    button = page.locator("#theme")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button.click()
    expect(button).to_have_text("light")
    button.click()
    expect(button).to_have_text("dark")
    assert page.evaluate(background) != light
    page.reload()
    expect(button).to_have_text("dark")
