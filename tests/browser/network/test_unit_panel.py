"""A unit of any map is outlined, pinned and explained, with numbers that move as it learns."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import (
    await_examples,
    await_other_pictures,
    await_pictures,
    await_status,
    fingerprints,
    overflow,
    pause,
    spectator,
)
from tests.browser.watch import Problems

# In the default network: 2 relu, 3 pool, 4 conv 5x5 padded by 2, 5 relu.
CONV, POOL, INPUT = 4, 3, 0
MINUS = "\N{MINUS SIGN}"


def maps(page: Page, layer: int, name: str = "activations") -> Locator:
    return page.locator(f"#visnet article[data-index='{layer}'] [data-map={name}]")


def show(page: Page, layer: int) -> Locator:
    """The canvas of a layer's activations, on screen and drawn."""
    canvas = maps(page, layer).locator("canvas")
    canvas.evaluate("canvas => canvas.scrollIntoView({ block: 'center' })")
    await_pictures(page, f"#visnet article[data-index='{layer}']")
    return canvas


def await_step(page: Page) -> None:
    """Wait until the panel is of the same step as the cards, of a network that is paused."""
    page.wait_for_function(
        "() => document.querySelector('#unit_panel').dataset.step"
        " === document.querySelector('#visnet').dataset.step"
    )


def numbers(text: str) -> list[float]:
    """Those in a formula with the numbers filled in, and its value."""
    plain = text.replace(MINUS, "-")
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", plain)]


def test_a_unit_under_the_pointer_and_pinned(page: Page) -> None:
    await_examples(page, 500)
    canvas = show(page, CONV)
    canvas.hover(position={"x": 30, "y": 20})
    # The unit itself, five by five of each of the eight maps before, and a part of the input.
    for layer in (CONV, POOL, INPUT):
        expect(maps(page, layer).locator(".map-outlines .hover.over")).to_have_count(1)
    expect(maps(page, CONV, "weights").locator(".hover.over")).to_have_count(1)  # its filter
    outlined = maps(page, POOL).locator(".hover.over").get_attribute("d")
    assert outlined is not None
    assert outlined.count("M") == 8
    page.mouse.move(2, 2)
    expect(page.locator(".map-outlines")).to_have_count(0)

    canvas.click(position={"x": 30, "y": 20})
    panel = page.locator("#unit_panel")
    expect(panel.locator("h3")).to_have_text(re.compile(r"layer 4, conv \(12x12x16\): map 0, x \d"))
    expect(maps(page, POOL).locator(".map-outlines .pinned.over")).to_have_count(1)
    forward = panel.locator("#unit_forward")
    expect(forward.locator("figure")).to_have_count(8)
    await_pictures(page, "#unit_forward")
    before = fingerprints(page, "#unit_forward")
    await_other_pictures(page, "#unit_forward", before)

    page.locator("#header_pause").click()  # in sight, so that the panel stays there too
    await_status(page, "paused")
    formula = forward.locator(".formula").first
    expect(formula).to_have_text(re.compile(r"^sum \+ bias = .* = "))
    await_step(page)
    total, bias, value = numbers(formula.inner_text())
    assert total + bias == pytest.approx(value, abs=2e-4)
    sums = [
        float(each.replace(MINUS, "-")) for each in forward.locator("figcaption").all_inner_texts()
    ]
    assert sum(sums) == pytest.approx(total, abs=0.05)
    assert numbers(forward.locator(".formula").last.inner_text())[-1] == pytest.approx(
        max(0, value), abs=1e-9
    )
    expect(panel.locator("#unit_backward")).to_contain_text("passes back its own gradient")
    panel.locator("#unit_close").click()
    expect(panel).to_be_hidden()
    expect(page.locator(".map-outlines")).to_have_count(0)


def test_by_keyboard_as_a_spectator_on_a_phone(page: Page, problems: Problems) -> None:
    await_examples(page, 300)
    pause(page)  # what contributes most would change places
    with spectator(page, problems, width=390, height=800) as guest:
        show(guest, CONV).focus()
        guest.keyboard.press("PageDown")
        guest.keyboard.press("PageUp")
        guest.keyboard.press("ArrowRight")
        guest.keyboard.press("Enter")
        panel = guest.locator("#unit_panel")
        expect(panel.locator("h3")).to_have_text("layer 4, conv (12x12x16): map 0, x 1, y 0")
        expect(panel.locator("#unit_forward figure")).to_have_count(8)
        assert overflow(guest) == 0
        # From the list of what contributes most to one of those units.
        panel.locator("#unit_forward summary").click()
        name = panel.locator("#unit_forward .term-table button").first
        place = name.inner_text()
        name.press("Enter")
        expect(panel.locator("h3")).to_have_text(f"layer 3, pool (12x12x8): {place}")
        expect(panel.locator("#unit_forward .formula").first).to_contain_text("largest = ")
        guest.locator("#unit_close").focus()
        guest.keyboard.press("Escape")
        expect(panel).to_be_hidden()


def test_colors_by_sign_are_remembered_and_a_map_opens_large(page: Page) -> None:
    await_examples(page, 500)
    canvas = show(page, CONV)
    expect(page.locator("#map_legend")).to_be_hidden()
    assert not has_colors(canvas)
    page.locator("#mapcolors").check()
    expect(page.locator("#map_legend")).to_be_visible()
    assert has_colors(canvas)
    page.reload()
    canvas = show(page, CONV)
    assert has_colors(canvas)

    maps(page, CONV).hover()
    maps(page, CONV).locator(".enlarge").click()
    dialog = page.locator("#map_large")
    large = dialog.locator("canvas")
    expect(dialog.locator("h2")).to_have_text("layer 4, conv (12x12x16)")
    assert has_colors(large)
    on_card, in_dialog = canvas.bounding_box(), large.bounding_box()
    assert on_card is not None
    assert in_dialog is not None
    assert in_dialog["width"] > 2 * on_card["width"]
    before = fingerprints(page, "#map_large")
    await_other_pictures(page, "#map_large", before)
    large.hover(position={"x": 60, "y": 60})
    expect(dialog.locator(".tip")).to_contain_text(re.compile(r"map 0, x \d+, y \d+: ≈"))
    large.click(position={"x": 60, "y": 60})
    expect(dialog).to_be_hidden()
    expect(page.locator("#unit_panel")).to_be_visible()
    page.locator("#mapcolors").uncheck()
    assert not has_colors(canvas)


def has_colors(canvas: Locator) -> bool:
    """Whether some pixel of a canvas is red or blue."""
    return bool(
        canvas.evaluate(
            """canvas => {
              const { width, height } = canvas;
              const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
              for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] && Math.abs(data[i] - data[i + 2]) > 30) return true;
              return false;
            }"""
        )
    )
