"""The test images: from a cell of the matrix to its mistakes, and through all by scrolling."""

from __future__ import annotations

import io
import itertools
import re
from typing import NamedTuple, cast

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from engine.data import load_builtin
from tests.browser.actions import await_run_after, await_status, overflow, run_number, spectator
from tests.browser.watch import Problems

DIGITS = load_builtin()
IMAGES = len(DIGITS.test_images)
MOST_ROWS = 8
"""On screen are four and a part; there may be one more at each edge."""
MOST_FRAMES = 50
ROWS = """() => [...document.querySelectorAll('#confusion_table tbody tr')].map(
  row => [...row.querySelectorAll('.confusion-count')].map(cell => Number(cell.innerText)))"""
SAID = re.compile(r"Image ([\d,]+): truth (\d), guess (\d), [<>]?(\d+)%")


class Shown(NamedTuple):
    """What a cell of the grid says."""

    number: int
    truth: int
    guess: int
    percent: int


def begin_paused(page: Page) -> None:
    """A run that has seen three batches, and stands after its full test."""
    expect(page.locator("#test_note")).to_contain_text("as of")
    page.locator("#buttontp").click()
    await_status(page, "paused")
    run = run_number(page)
    page.locator("#buttonrestart").click()
    await_run_after(page, run)
    for examples in (20, 40, 60):
        page.locator("#buttonstep").click()
        await_test(page, examples)


def await_test(page: Page, examples: int) -> None:
    expect(page.locator("#test_note")).to_contain_text(f"as of {examples} examples")


def await_found(page: Page, said: str) -> None:
    expect(page.locator("#browser_found")).to_have_text(said)


def cells(page: Page) -> Locator:
    """Those that exist: on screen, and a row beyond each edge."""
    return page.locator("#browser_grid [role=gridcell]:not([hidden])")


def shown(page: Page) -> list[Shown]:
    words = cells(page).locator(".hidden-text").all_inner_texts()
    said = [SAID.fullmatch(sentence) for sentence in words]
    return [Shown(*(int(part.replace(",", "")) for part in each.groups())) for each in said if each]


def nearest(place: Locator) -> int:
    """Of all test images the one that is most like what is seen here."""
    with Image.open(io.BytesIO(place.screenshot())) as seen:
        side = DIGITS.test_images.shape[1:]
        gray = np.asarray(seen.convert("L").resize(side, Image.Resampling.BOX), float)
    return int(np.abs(DIGITS.test_images - gray).mean(axis=(1, 2)).argmin())


def await_picture(place: Locator, index: int) -> None:
    """Wait until this test image is seen here."""
    expect(place).to_be_visible()
    # Drawn by the browser's other threads: in one of the next frames, each of which is looked at.
    assert any(nearest(place) == index for _ in range(MOST_FRAMES))


def test_a_cell_of_the_matrix_leads_to_its_images_the_most_confident_mistake_first(
    page: Page,
) -> None:
    begin_paused(page)
    page.locator("#confusion summary").click()
    expect(page.locator("#confusion_table caption")).to_contain_text("60 examples")
    counts = cast(list[list[int]], page.evaluate(ROWS))
    pairs = itertools.product(range(10), repeat=2)
    truth, guess = max((p for p in pairs if p[0] != p[1]), key=lambda p: counts[p[0]][p[1]])
    number = counts[truth][guess]
    cell = page.locator("#confusion_table .confusion-count").nth(truth * 10 + guess)
    cell.focus()
    page.keyboard.press("Enter")
    await_found(
        page,
        f"{number} of 1,000 test images after 60 examples: truth {truth}, guess {guess}",
    )
    mistakes = shown(page)
    assert {(each.truth, each.guess) for each in mistakes} == {(truth, guess)}
    assert all(DIGITS.test_labels[each.number] == truth for each in mistakes)
    sure = [each.percent for each in mistakes]
    assert sure == sorted(sure, reverse=True)
    await_picture(cells(page).nth(0).locator(".test-picture"), mistakes[0].number)

    # On by the keyboard: the second one large, with all ten classes.
    expect(page.locator("#browser_grid")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    second = mistakes[1]
    words = page.locator("#browser_words")
    expect(words).to_have_text(f"Image {second.number}: truth {truth}, after 60 examples")
    expect(page.locator("#spoken")).to_contain_text(f"truth {truth}; likeliest {guess} ")
    await_picture(page.locator("#browser_picture"), second.number)
    bars = page.locator("#browser_bars .prediction-bar")
    names = bars.locator(".bar-name").evaluate_all("all => all.map(bar => bar.innerText[0])")
    assert sorted(names) == list("0123456789")
    expect(bars.first).to_contain_text(f"{guess}")
    expect(bars.first).to_contain_text(f"{second.percent}%")
    expect(bars.filter(has_text="✓")).to_contain_text(str(truth))

    # It can be pinned to the cards, and goes on being shown.
    page.get_by_role("button", name="pin to the cards").click()
    page.locator("#visnet").scroll_into_view_if_needed()
    pinned = f"Pinned: test image {second.number:,} of 1,000, truth {truth}"
    expect(page.locator("#shown_example")).to_contain_text(pinned)

    # The list stays as it is under the reader's eyes until the newer test is wanted.
    page.locator("#buttonstep").evaluate("button => button.click()")
    newer = page.locator("#browser_newer")
    expect(newer).to_have_text("newer test, after 80 examples: show")
    assert shown(page) == mistakes
    # Only the large one moves with the network.
    expect(words).to_have_text(f"Image {second.number}: truth {truth}, after 80 examples")
    newer.click()
    expect(page.locator("#browser_found")).to_contain_text("after 80 examples: truth")
    expect(newer).to_be_hidden()

    page.keyboard.press("Escape")
    expect(page.locator("#browser_image")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#test_browser")).to_be_hidden()
    expect(cell).to_be_focused()


def test_all_images_are_filtered_sorted_and_scrolled_through(page: Page) -> None:
    begin_paused(page)
    page.locator("#browse_tests").click()
    await_found(page, "1,000 of 1,000 test images after 60 examples")
    assert [each.number for each in shown(page)][:3] == [0, 1, 2]
    await_picture(cells(page).nth(0).locator(".test-picture"), 0)
    grid = page.locator("#browser_grid")
    page.keyboard.press("End")
    last = cells(page).last
    expect(last).to_contain_text("Image 999: ")
    expect(last).to_have_attribute("aria-selected", "true")
    # The first of that row: a notice may be over the others.
    row = page.locator("#browser_grid [role=row]").last.locator("[role=gridcell]:not([hidden])")
    await_picture(row.first.locator(".test-picture"), IMAGES - row.count())
    grid.hover()
    for _ in range(200):
        page.mouse.wheel(0, -2000)
        assert page.locator("#browser_grid [role=row]").count() <= MOST_ROWS
        if page.locator("#browser_grid_0").count():
            break
    await_picture(page.locator("#browser_grid_0 .test-picture"), 0)

    form = page.locator("#browser_form")
    form.locator("[name=right]").select_option("wrong")
    form.locator("[name=sort]").select_option("most confident first")
    expect(page.locator("#browser_found")).to_contain_text("wrong")
    wrong = shown(page)
    assert all(each.truth != each.guess for each in wrong)
    assert [each.percent for each in wrong] == sorted((e.percent for e in wrong), reverse=True)
    form.locator("[name=to]").fill("5")
    form.locator("[name=to]").press("Enter")
    # The likeliest of ten classes is never as unlikely as that.
    expect(page.locator("#browser_none")).to_be_visible()
    form.locator("[name=from]").fill("6")
    form.locator("[name=from]").press("Enter")
    # What makes no sense is said at its field, and asked of nobody.
    expect(form.locator("[name=to]:invalid")).to_be_visible()
    page.locator("#browser_reset").click()
    await_found(page, "1,000 of 1,000 test images after 60 examples")
    expect(form.locator(":invalid")).to_have_count(0)
    page.locator("#browser_close").click()
    expect(page.locator("#browse_tests")).to_be_focused()


def test_a_spectator_on_a_phone_looks_for_mistakes_too(page: Page, problems: Problems) -> None:
    begin_paused(page)
    with spectator(page, problems, width=390, height=844) as guest:
        guest.locator("#browse_tests").click()
        await_found(guest, "1,000 of 1,000 test images after 60 examples")
        guest.locator("#browser_form [name=truth]").select_option("7")
        expect(guest.locator("#browser_found")).to_contain_text("truth 7")
        first = shown(guest)[0]
        cells(guest).nth(0).click()
        expect(guest.locator("#browser_words")).to_contain_text(f"Image {first.number}: truth 7")
        await_picture(guest.locator("#browser_picture"), first.number)
        assert overflow(guest) <= 0
        # Another run: what is shown is of the one before, until its first test is wanted.
        run = run_number(guest)
        page.locator("#buttonrestart").click()
        await_run_after(guest, run)
        expect(guest.locator("#browser_found")).to_contain_text("in an earlier run")
        guest.locator("#browser_newer").click()
        expect(guest.locator("#browser_found")).to_contain_text("after 0 examples")
