"""The printed page has everything whole, in one column, light, and nothing to press."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.actions import await_examples, overflow, pause

PAPER = 703  # A4 less its margins, in CSS pixels
# Registered after the page's own listener, it sees what that has made of the graphs.
RECORD = """() => addEventListener("beforeprint", () => {
  document.body.dataset.printed = JSON.stringify({
    scheme: getComputedStyle(document.documentElement).colorScheme,
    widths: [...document.querySelectorAll(".plot .u-wrap")].map((wrap) => wrap.offsetWidth),
  });
})"""
# How far each element's content reaches beyond it: what paper would cut.
CUT = """selector => [...document.querySelectorAll(selector)].map((e) =>
  Math.max(e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth))"""


def test_the_styles_for_paper_hide_controls_and_cut_nothing(page: Page) -> None:
    await_examples(page, 500)
    page.set_viewport_size({"width": 1700, "height": 900})
    lefts = "[...document.querySelectorAll('.part')].map((e) => e.getBoundingClientRect().left)"
    assert len(set(page.evaluate(lefts))) == 2, "two columns on a wide screen"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 900})
    assert len(set(page.evaluate(lefts))) == 1
    assert overflow(page) <= 0
    assert page.evaluate(CUT, "#spec_editor, .cm-scroller, .layer") != []
    assert max(page.evaluate(CUT, "#spec_editor, .cm-scroller, .layer")) <= 0
    for name in ("buttontp", "buttonnn", "dumpjson", "buttonchoose", "theme", "smoothing"):
        expect(page.locator(f"#{name}")).to_be_hidden()
    expect(page.locator("#trainstats")).to_be_visible()


def test_a_dark_page_is_printed_light_and_is_dark_again(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    await_examples(page, 500)
    pause(page)
    page.evaluate(RECORD)
    wide = page.evaluate("document.querySelector('.u-wrap').offsetWidth")
    page.pdf(format="A4")
    printed = page.evaluate("JSON.parse(document.body.dataset.printed)")
    assert printed["scheme"] == "light"
    assert len(printed["widths"]) == 2
    assert max(printed["widths"]) <= PAPER
    page.wait_for_function(
        "getComputedStyle(document.documentElement).colorScheme === 'light dark'"
    )
    assert page.evaluate("document.querySelector('.u-wrap').offsetWidth") == wide
