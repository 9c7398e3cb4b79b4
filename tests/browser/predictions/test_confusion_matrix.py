"""The confusion matrix of the newest full test: read, compared with an earlier one, taken along."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import cast

from playwright.sync_api import Page, expect

from tests.browser.actions import await_run_after, overflow, restart_paused, run_number, spectator
from tests.browser.watch import Problems

CLASSES = 10
IMAGES = 1000
ROWS = """() => [...document.querySelectorAll("#confusion_table tbody tr")].map(
  row => [...row.querySelectorAll(".confusion-count")].map(cell => cell.innerText))"""


def matrix(page: Page) -> list[list[int]]:
    """The numbers that are seen; the page writes a minus as printers do."""
    rows = cast(list[list[str]], page.evaluate(ROWS))
    return [[int(text.replace("\N{MINUS SIGN}", "-")) for text in row] for row in rows]


def begin_paused(page: Page) -> None:
    """A run that has its first full test and goes on step by step."""
    restart_paused(page)
    expect(page.locator("#test_note")).to_contain_text("as of 0 examples")


def await_test(page: Page, examples: int) -> None:
    expect(page.locator("#confusion_table caption")).to_contain_text(f"{examples} examples:")


def step(page: Page, examples: int) -> None:
    page.locator("#buttonstep").click()
    await_test(page, examples)


def right_percent(page: Page) -> float:
    said = re.search(
        r": ([\d.]+)% of 1,000 images", page.locator("#confusion_table caption").inner_text()
    )
    assert said is not None
    return float(said.group(1))


def test_the_newest_full_test_is_read_compared_and_taken_along(page: Page, tmp_path: Path) -> None:
    begin_paused(page)
    summary = page.locator("#confusion summary")
    expect(page.locator("#confusion_table")).to_be_hidden()
    summary.focus()
    page.keyboard.press("Enter")
    await_test(page, 0)
    first = matrix(page)
    assert [len(row) for row in first] == [CLASSES] * CLASSES
    assert sum(map(sum, first)) == IMAGES
    for examples in (20, 40):
        step(page, examples)
    newest = matrix(page)
    assert sum(map(sum, newest)) == IMAGES
    right = sum(newest[i][i] for i in range(CLASSES))
    assert right_percent(page) == 100 * right / IMAGES
    expect(page.locator("#trainstats")).to_contain_text(f"{right_percent(page):.1f}%")

    # Cells are gone through with the keyboard, and said in words.
    page.locator("#confusion_table td[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    are = "is" if newest[2][1] == 1 else "are"
    said = f"{newest[2][1]} of {sum(newest[2])} images of 2 {are} taken for 1."
    expect(page.locator("#confusion_cell")).to_have_text(said)

    page.locator("#confusion_csv").click()
    expect(page.locator("#confusion_status")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    lines = list(csv.reader(io.StringIO(copied)))
    assert [line[1 : CLASSES + 1] for line in lines[1:]] == [
        [str(n) for n in row] for row in newest
    ]
    recall = newest[2][2] / sum(newest[2])
    assert lines[3][-2] == f"{recall:.4f}"

    with page.expect_download() as download:
        page.locator("#confusion_svg").click()
    assert download.value.suggested_filename == "confusion-40.svg"
    file = tmp_path / "confusion.svg"
    download.value.save_as(file)
    drawn = [int(text) for text in re.findall(r"<text[^>]*>(\d+)</text>", file.read_text("utf-8"))]
    assert drawn[-CLASSES * CLASSES :] == [n for row in newest for n in row]

    # What it has learned since: signs say it besides the colors.
    page.locator("#confusion_before").select_option("0")
    expect(page.locator("#confusion_table caption")).to_contain_text("From 0 to 40 examples")
    assert matrix(page) == [
        [now - before for now, before in zip(*rows, strict=True)]
        for rows in zip(newest, first, strict=True)
    ]
    gained = page.locator("#confusion_table td[data-kind=good]").first.inner_text()
    assert gained[0] in "+\N{MINUS SIGN}"
    # It moves on with the run, until another run begins.
    page.locator("#buttonstep").click()
    expect(page.locator("#confusion_table caption")).to_contain_text("From 0 to 60 examples")
    run = run_number(page)
    page.locator("#buttonrestart").click()
    await_run_after(page, run)
    await_test(page, 0)
    expect(page.locator("#confusion_before")).to_have_value("")
    assert matrix(page) == first


def test_a_dot_of_the_graph_opens_the_difference_from_its_test(page: Page) -> None:
    begin_paused(page)
    for examples in (20, 40):
        page.locator("#buttonstep").click()
        expect(page.locator("#test_note")).to_contain_text(f"as of {examples} examples")
    graph = page.locator("#accuracygraph")
    graph.focus()
    page.keyboard.press("Home")
    expect(page.locator("#accuracylegend .legend-at")).to_have_text("at 20 examples")
    page.keyboard.press("Enter")
    expect(page.locator("#confusion_table caption")).to_contain_text("From 20 to 40 examples")
    # The first dot stands at the left edge, as high as its accuracy: somewhere on this line it is.
    over = graph.locator(".u-over")
    box = over.bounding_box()
    assert box is not None
    caption = page.locator("#confusion_table caption")
    for y in range(2, int(box["height"]), 6):
        over.click(position={"x": 2, "y": y})
        # What a click chooses is drawn at the next frame.
        page.evaluate(
            "async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); }"
        )
        if "From 0 to 40" in caption.inner_text():
            break
    expect(caption).to_contain_text("From 0 to 40 examples")


def test_spectators_see_it_too_and_a_phone_scrolls_it_in_its_box(
    page: Page, problems: Problems
) -> None:
    begin_paused(page)
    with spectator(page, problems, width=390, height=844) as guest:
        guest.locator("#confusion summary").click()
        await_test(guest, 0)
        assert sum(map(sum, matrix(guest))) == IMAGES
        assert overflow(guest) <= 0
        hidden = guest.locator(".confusion-scroll").evaluate(
            "box => box.scrollWidth - box.clientWidth"
        )
        assert hidden > 0
        page.locator("#buttonstep").click()
        await_test(guest, 20)
