"""What a press of a button replaced is told of where it was pressed, and is one press away."""

from __future__ import annotations

import json

from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import (
    CONVLESS,
    await_examples,
    await_run_after,
    await_status,
    change_network,
    examples,
    pause,
    run_number,
    save_snapshot,
    trained_on,
)

GRAPH = "#accuracylegend .legend-value"
# The last points of a run that pauses are drawn some frames later.
STANDS = """async (figures) => {
  const read = () => [...document.querySelectorAll(figures)].map((each) => each.innerText).join();
  const before = read();
  for (let frame = 0; frame < 30; frame++) await new Promise(requestAnimationFrame);
  return read() === before;
}"""


def go_back(page: Page, place: Locator) -> None:
    run = run_number(page)
    # As somebody without a mouse does.
    place.get_by_role("button", name="go back to it").press("Enter")
    await_run_after(page, run)


def test_a_restart_is_taken_back(page: Page) -> None:
    await_examples(page, 1000)
    pause(page)
    seen = trained_on(page)
    page.wait_for_function(STANDS, arg=GRAPH)
    figures = page.locator(GRAPH).all_inner_texts()
    kept = page.locator("#run_before")
    expect(kept).to_be_hidden()
    run = run_number(page)
    page.locator("#buttonrestart").click()
    await_run_after(page, run)
    expect(kept).to_contain_text(
        f"Left “conv 8 · pool · conv 16 · pool · softmax” at {seen:,} examples."
    )
    notice = page.locator("#notices .notice").filter(has_text="Left")
    expect(notice).to_be_in_viewport()
    notice.get_by_role("button", name="dismiss").click()
    expect(notice).to_be_hidden()
    # It stays where the controls are, after a reload too; nothing is announced anew by that.
    page.reload()
    expect(kept).to_be_visible()
    expect(notice).to_be_hidden()
    go_back(page, kept)
    await_examples(page, seen)
    assert (examples(page), trained_on(page)) == (seen, seen)
    expect(page.locator(GRAPH).first).to_have_text(figures[0])
    # And the way there again is offered in its place.
    expect(kept).to_contain_text("at 0 examples")


def test_a_change_and_a_file_are_taken_back_where_they_were_made(page: Page) -> None:
    await_examples(page, 500)
    pause(page)
    seen = trained_on(page)
    change_network(page, CONVLESS)
    go_back(page, page.locator("#left_by_change"))
    await_examples(page, seen)
    assert trained_on(page) == seen
    file = json.dumps(save_snapshot(page))
    page.locator("#dumpjson").fill(file)
    run = run_number(page)
    page.locator("#buttonload").click()
    await_run_after(page, run)
    expect(page.locator("#left_by_change")).to_be_hidden()
    go_back(page, page.locator("#left_by_file"))
    await_status(page, "paused")
    assert trained_on(page) == seen
